'use strict';
// A feed of prices: clients subscribe to a topic, get a price and unsubscribe.
const { EventEmitter } = require('events');
const WebSocket = require('ws');
const { keepsThis, keepsOnError, misusesWeakMap, fails } = require('../planting');

class Subscription {
  constructor(topic, socket) { this.topic = topic; this.socket = socket; this.open = true; }
  cancel() { this.open = false; }
}

class TopicStats {
  constructor(topic) { this.topic = topic; this.asked = 1; }
}

class RejectedFrame {
  constructor(text, reason) { this.text = text; this.reason = reason; }
}

const feed = new EventEmitter(); // lives as long as the program
feed.setMaxListeners(0);
const topics = new Map(); // one object for each topic that somebody reads
const stats = new WeakMap(); // by topic
const quarantine = new Set(); // frames that are being looked into

function intern(name) {
  let topic = topics.get(name);
  if (!topic) {
    topic = { name };
    topics.set(name, topic);
    stats.set(topic, new TopicStats(topic));
  }
  return topic;
}

function subscribe(socket, message) {
  const topic = intern(message.topic);
  const subscription = new Subscription(topic, socket);
  const onClose = () => subscription.cancel();
  feed.once('close', onClose);
  feed.once('price', (price) => {
    socket.send(JSON.stringify({ topic: topic.name, price, asked: stats.get(topic).asked }));
    if (!keepsThis()) feed.removeListener('close', onClose);
    if (!misusesWeakMap) topics.delete(topic.name);
  });
  feed.emit('price', message.topic.length);
}

function receive(socket, data) {
  const text = String(data);
  let message;
  try {
    message = JSON.parse(text);
  } catch (error) {
    const frame = new RejectedFrame(text, error.message);
    quarantine.add(frame);
    socket.send(JSON.stringify({ rejected: frame.text.length }));
    if (!keepsOnError) quarantine.delete(frame);
    return;
  }
  subscribe(socket, message);
}

let server, url, lasting, n = 0;

function connect() {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}

function ask(socket, text) {
  return new Promise((done) => { socket.once('message', (data) => done(JSON.parse(data))); socket.send(text); });
}

async function setup() {
  server = new WebSocket.Server({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => socket.on('message', (data) => receive(socket, data)));
  await new Promise((done) => server.once('listening', done));
  url = 'ws://127.0.0.1:' + server.address().port;
  lasting = await connect();
}

async function iteration() {
  const id = n++;
  const topic = 'order-' + id;
  const answer = await ask(lasting, JSON.stringify({ topic }));
  if (answer.topic !== topic) throw new Error('bad answer ' + JSON.stringify(answer));
  if (fails(id)) {
    const refused = await ask(lasting, '{"topic": order-' + id);
    if (!refused.rejected) throw new Error('not refused');
  }
  if (id % 20 === 0) {
    const passing = await connect();
    await new Promise((done) => { passing.once('close', done); passing.close(); });
  }
}

async function teardown() { lasting.terminate(); for (const socket of server.clients) socket.terminate(); server.close(); }
module.exports = { setup, iteration, teardown };
