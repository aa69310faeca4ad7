'use strict';
const http2 = require('http2');
let server, session, n = 0;
async function setup() {
  server = http2.createServer();
  server.on('stream', (stream, headers) => { stream.respond({ ':status': 200 }); stream.end(headers[':path']); });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  session = http2.connect('http://127.0.0.1:' + server.address().port);
  await new Promise((done) => session.once('connect', done));
}
async function iteration() {
  const path = '/' + (n++ % 50);
  const stream = session.request({ ':path': path });
  stream.setEncoding('utf8');
  let text = '';
  for await (const chunk of stream) text += chunk;
  if (text !== path) throw new Error('bad');
}
async function teardown() { session.close(); server.close(); }
module.exports = { setup, iteration, teardown };
