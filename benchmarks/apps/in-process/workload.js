'use strict';
// For the peers, which measure the process that they run in: the application of APP_FOLDER is
// started in this process, as by its own command, and a client here sends what run.py would send.
const fs = require('fs');
const http = require('http');
const path = require('path');
const { createRequire } = require('module');
const { pathToFileURL } = require('url');

const DIFFERENT = 50;
const folder = process.env.APP_FOLDER;
const app = JSON.parse(fs.readFileSync(path.join(folder, 'app.json'), 'utf8'));
const own = app.workload ? require(path.join(folder, app.workload)) : null;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const cookies = new Map();
let url, n = 0;

/** What the application prints, until it says where it listens. */
function address() {
  return new Promise((found) => {
    const write = process.stdout.write;
    const pattern = new RegExp(app.ready, 'm');
    let printed = '';
    process.stdout.write = (text) => {
      printed += text;
      const match = pattern.exec(printed);
      if (match) {
        process.stdout.write = write;
        found(match[1]);
      }
      return true;
    };
  });
}

function send(what) {
  const { path: at, method = 'GET', headers = {}, body, status = 200, expect = '' } = what;
  const id = String(n++ % DIFFERENT);
  const text = body === undefined ? undefined : JSON.stringify(body).replaceAll('{n}', id);
  const all = { ...headers };
  if (text) Object.assign(all, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  if (cookies.size) all.cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  return new Promise((resolve, reject) => {
    const request = http.request(new URL(at.replaceAll('{n}', id), url), { method, headers: all, agent }, (response) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => { answer += chunk; });
      response.on('error', reject);
      response.on('end', () => {
        for (const line of response.headers['set-cookie'] || []) {
          const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
          cookies.set(name, value);
        }
        if (response.statusCode === status && answer.includes(expect)) resolve();
        else reject(new Error(`${at}: ${response.statusCode} ${answer.slice(0, 200)}`));
      });
    });
    request.on('error', (error) => {
      // The server has closed a kept connection while the peer stood still, for a heap snapshot.
      if (request.reusedSocket && error.code === 'ECONNRESET') send(what).then(resolve, reject);
      else reject(error);
    });
    request.end(text);
  });
}

async function chat() {
  const { io } = createRequire(path.join(folder, 'package.json'))('socket.io-client');
  const room = `room-${n++ % 5}`;
  const client = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, auth: { user: 'ada' } });
  await new Promise((done, failed) => { client.once('connect', done); client.once('connect_error', failed); });
  client.emit('join', room);
  await client.emitWithAck('say', room, 'hello');
  client.disconnect();
}

async function setup() {
  if (own) return own.setup && own.setup();
  const [script, ...rest] = app.start;
  process.chdir(folder);
  process.argv = [process.argv[0], path.join(folder, script), ...rest];
  const listening = address();
  await import(pathToFileURL(process.argv[1]).href);
  url = await listening;
  for (const request of app.before || []) await send(request);
}

function iteration() {
  if (own) return own.iteration();
  return app.driver === 'socket.io' ? chat() : send(app.request);
}

module.exports = { setup, iteration };
