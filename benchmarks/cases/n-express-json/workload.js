'use strict';
const express = require('express');
const http = require('http');
let server, agent, port, n = 0;
async function setup() {
  const app = express();
  app.use(express.json());
  app.get('/items/:id', (request, response) => response.json({ id: request.params.id }));
  app.post('/items', (request, response) => response.status(201).json({ got: Object.keys(request.body) }));
  app.get('/broken', (request, response, next) => next(new Error('broken')));
  app.use((error, request, response, next) => { response.status(500).json({ message: error.message }); });
  server = app.listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  server.keepAliveTimeout = 60000;
  port = server.address().port;
  agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
}
function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, method, path, agent, headers: body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {} }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    });
    request.on('error', reject);
    request.end(body);
  });
}
async function iteration() {
  const codes = [await call('GET', '/items/' + n++), await call('POST', '/items', JSON.stringify({ n })), await call('GET', '/broken')];
  if (codes.join() !== '200,201,500') throw new Error('bad ' + codes);
}
async function teardown() { agent.destroy(); server.closeAllConnections(); server.close(); }
module.exports = { setup, iteration, teardown };
