'use strict';
// A client of a weather service, over a pool of connections: a cancel signal, retries, timings.
const http = require('http');
const { setMaxListeners } = require('events');
const { Pool } = require('undici');
const { keepsThis, keepsOnError, misusesWeakMap, fails } = require('../planting');

class PendingForecast {
  constructor(city) { this.city = city; this.cancelled = false; }
  cancel() { this.cancelled = true; }
}

class RetryTicket {
  constructor(city, status) { this.city = city; this.status = status; this.attempts = 1; }
}

class RequestTiming {
  constructor(options) { this.options = options; this.started = Date.now(); }
}

const HISTORY = 10;
const shutdown = new AbortController(); // lives as long as the program
setMaxListeners(0, shutdown.signal);
const tickets = { head: null }; // what is to be tried again, the newest first
const timings = new WeakMap(); // by the options of the request
const history = []; // the latest requests

async function fetchJson(pool, options) {
  timings.set(options, new RequestTiming(options));
  history.push(options);
  if (!misusesWeakMap && history.length > HISTORY) history.shift();
  const { statusCode, body } = await pool.request(options);
  if (statusCode !== 200) {
    await body.dump();
    return { status: statusCode };
  }
  return { status: 200, json: await body.json() };
}

async function forecast(pool, city) {
  const pending = new PendingForecast(city);
  const onAbort = () => pending.cancel();
  shutdown.signal.addEventListener('abort', onAbort);
  let answer = await fetchJson(pool, { path: '/weather/' + city, method: 'GET', headers: { accept: 'application/json' } });
  if (answer.status !== 200) answer = await retry(pool, city, answer.status);
  if (!keepsThis()) shutdown.signal.removeEventListener('abort', onAbort);
  return answer.json;
}

async function retry(pool, city, status) {
  const ticket = Object.assign(new RetryTicket(city, status), { next: tickets.head });
  tickets.head = ticket;
  ticket.attempts++;
  const answer = await fetchJson(pool, { path: '/weather/' + city + '?again', method: 'GET' });
  if (!keepsOnError) tickets.head = ticket.next;
  return answer;
}

const server = http.createServer((request, response) => {
  const id = Number(request.url.match(/\d+/)[0]);
  if (fails(id) && !request.url.includes('again')) {
    response.writeHead(503, { 'retry-after': '0' });
    response.end('busy');
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ city: 'city-' + id, degrees: id % 40 }));
});

let pool, n = 0;

async function setup() {
  server.keepAliveTimeout = 60000;
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  pool = new Pool('http://127.0.0.1:' + server.address().port, { connections: 2, keepAliveTimeout: 30000 });
}

async function iteration() {
  const id = n++;
  const weather = await forecast(pool, 'city-' + id);
  if (weather.city !== 'city-' + id) throw new Error('bad weather ' + JSON.stringify(weather));
}

async function teardown() { await pool.close(); server.closeAllConnections(); server.close(); }
module.exports = { setup, iteration, teardown };
