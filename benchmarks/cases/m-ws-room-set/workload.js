'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const WebSocket = require('ws');
const room = new Set();
let server, url, n = 0;
async function setup() {
  server = new WebSocket.Server({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => {
    room.add(socket);
    if (!LEAKY) socket.on('close', () => room.delete(socket));
    socket.send('welcome');
  });
  await new Promise((done) => server.once('listening', done));
  url = 'ws://127.0.0.1:' + server.address().port;
}
async function iteration() {
  n++;
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await new Promise((done, fail) => { socket.once('message', done); socket.once('error', fail); });
  await new Promise((done) => { socket.once('close', done); socket.close(); });
}
async function teardown() { server.close(); }
module.exports = { setup, iteration, teardown };
