'use strict';
const http = require('http');
const server = require('./server');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let port = 0;
async function setup() {
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  port = server.address().port;
}
function iteration() {
  return new Promise((resolve, reject) => {
    http.get({ host: '127.0.0.1', port, agent }, (response) => {
      response.resume();
      response.on('end', resolve);
    }).on('error', reject);
  });
}
function teardown() {
  agent.destroy();
  server.close();
}
module.exports = { setup, iteration, teardown };
