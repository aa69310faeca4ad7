'use strict';
const WebSocket = require('ws');
let server, url, lasting, n = 0;
function connect() {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}
async function setup() {
  server = new WebSocket.Server({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => socket.on('message', (data) => socket.send('echo ' + data)));
  await new Promise((done) => server.once('listening', done));
  url = 'ws://127.0.0.1:' + server.address().port;
  lasting = await connect();
}
function ask(socket, text) {
  return new Promise((done) => { socket.once('message', (data) => done(String(data))); socket.send(text); });
}
async function iteration() {
  const id = n++;
  if ((await ask(lasting, 'm' + id)) !== 'echo m' + id) throw new Error('bad');
  if (id % 10 === 0) {
    const socket = await connect();
    await ask(socket, 'x');
    await new Promise((done) => { socket.once('close', done); socket.close(); });
  }
}
async function teardown() { lasting.terminate(); for (const socket of server.clients) socket.terminate(); server.close(); }
module.exports = { setup, iteration, teardown };
