'use strict';
const http = require('http');
let server, url, n = 0;
async function setup() {
  server = http.createServer((request, response) => { response.setHeader('content-type', 'application/json'); response.end('{"path":"' + request.url + '"}'); });
  server.keepAliveTimeout = 60000;
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  url = 'http://127.0.0.1:' + server.address().port + '/';
}
async function iteration() {
  const path = 'item' + (n++ % 20);
  const reply = await (await fetch(url + path)).json();
  if (reply.path !== '/' + path) throw new Error('bad');
}
async function teardown() { server.closeAllConnections(); server.close(); }
module.exports = { setup, iteration, teardown };
