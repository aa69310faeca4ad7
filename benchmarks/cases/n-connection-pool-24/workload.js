'use strict';
const net = require('net');
class PooledConnection { constructor(socket) { this.socket = socket; this.uses = 0; } }
const idle = [];
let server, port, opened = 0, n = 0;
async function setup() {
  server = net.createServer((socket) => socket.pipe(socket));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  port = server.address().port;
}
async function open() {
  opened++;
  const socket = net.connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  await new Promise((done) => socket.once('connect', done));
  return new PooledConnection(socket);
}
async function use() {
  const connection = idle.pop() || (await open());
  connection.uses++;
  const answer = new Promise((done) => connection.socket.once('data', done));
  connection.socket.write('ping');
  await answer;
  idle.push(connection);
}
async function iteration() {
  const parallel = Math.min(24, 1 + Math.floor(n++ / 25));
  await Promise.all(Array.from({ length: n % 5 ? 1 : parallel }, use));
  if (opened > 24) throw new Error('bad');
}
async function teardown() { for (const { socket } of idle) socket.destroy(); server.close(); }
module.exports = { setup, iteration, teardown };
