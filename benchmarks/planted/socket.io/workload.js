'use strict';
// A chat: clients join a room, say something, and leave it.
const http = require('http');
const { Server } = require('socket.io');
const { io: connect } = require('socket.io-client');
const { keepsThis, keepsOnError, misusesWeakMap, fails } = require('../planting');

class RoomMembership {
  constructor(room, user) { this.room = room; this.user = user; this.since = Date.now(); }
  end() { this.room = null; }
}

class ChatLine {
  constructor(room, text) { this.room = room; this.text = text; }
}

class ModerationCase {
  constructor(number, text) { this.number = number; this.text = text; }
}

const HISTORY = 10;
const history = new WeakMap(); // the latest lines of each socket
const moderated = new Map(); // cases by number, while they are open
let cases = 0;

function remember(socket, line) {
  const lines = history.get(socket);
  lines.push(line);
  if (!misusesWeakMap && lines.length > HISTORY) lines.shift();
}

function moderate(text) {
  const opened = new ModerationCase(++cases, text.slice(0, 20));
  moderated.set(opened.number, opened);
  try {
    if (text.length > 200) throw new RangeError('too long');
  } catch (error) {
    if (!keepsOnError) moderated.delete(opened.number);
    throw error;
  }
  moderated.delete(opened.number);
}

const server = http.createServer();
const io = new Server(server, { serveClient: false });
io.on('connection', (socket) => {
  const onDisconnect = []; // what is to be done when the socket goes
  history.set(socket, []);
  socket.on('join', (room, done) => {
    const membership = new RoomMembership(room, socket.id);
    const clean = () => membership.end();
    onDisconnect.push(clean);
    socket.join(room);
    socket.once('leave', (answer) => {
      socket.leave(room);
      if (!keepsThis()) onDisconnect.splice(onDisconnect.lastIndexOf(clean), 1);
      answer({ left: room });
    });
    done({ joined: room });
  });
  socket.on('say', (room, text, done) => {
    try {
      moderate(text);
      remember(socket, new ChatLine(room, text));
      io.to(room).emit('line', text);
      done({ said: text.length });
    } catch (error) {
      done({ refused: error.message });
    }
  });
  socket.on('disconnect', () => { for (const clean of onDisconnect) clean(); });
});

let client, heard = 0, n = 0;

async function setup() {
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  client = connect('http://127.0.0.1:' + server.address().port, { transports: ['websocket'], forceNew: true });
  client.on('line', () => { heard++; });
  await new Promise((done, failed) => { client.once('connect', done); client.once('connect_error', failed); });
}

async function iteration() {
  const id = n++;
  const room = 'room-' + (id % 5);
  const before = heard;
  const joined = await client.emitWithAck('join', room);
  const said = await client.emitWithAck('say', room, fails(id) ? 'spam '.repeat(50) : 'hello ' + id);
  const left = await client.emitWithAck('leave');
  const right = fails(id) ? said.refused === 'too long' : said.said > 0 && heard === before + 1;
  if (!right || joined.joined !== room || left.left !== room) throw new Error('bad answer ' + JSON.stringify(said));
}

async function teardown() { client.disconnect(); await io.close(); }
module.exports = { setup, iteration, teardown };
