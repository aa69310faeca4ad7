'use strict';
const http = require('http');

class CachedPage {
  constructor(url, body) {
    this.url = url;
    this.body = body;
  }
}

class PageCache {
  constructor({ maxPages }) {
    this.maxPages = maxPages;
    this.pages = new Map();
  }
  get(url) {
    let page = this.pages.get(url);
    if (!page) {
      page = new CachedPage(url, JSON.stringify({ url, items: [1, 2, 3] }));
      this.pages.set(url, page);
      if (this.pages.size > this.maxPages) this.pages.delete(this.pages.keys().next().value);
    }
    return page;
  }
}

let server, agent, n = 0;
const cache = new PageCache({ maxPages: 6000 });

async function setup() {
  server = http.createServer((req, res) => res.end(cache.get(req.url).body));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.keepAliveTimeout = 60000;
  agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
}
function iteration() {
  const { port } = server.address();
  return new Promise((resolve, reject) => {
    http.get({ host: '127.0.0.1', port, path: '/page/' + n++, agent }, (res) => {
      res.resume();
      res.on('end', resolve);
    }).on('error', reject);
  });
}
async function teardown() {
  agent.destroy();
  server.close();
}
module.exports = { setup, iteration, teardown };
