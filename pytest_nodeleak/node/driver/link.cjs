'use strict';
// Connects a child process with the test: inspector messages, one a line, over a socket of ours,
// answered by a session inside the process. An inspector with a port would say so on stderr, and
// would hold the process at its end until the test has let go of it.

const { offer } = require('./offer.cjs');
const real = require('./real.cjs');

const PAUSE = 100; // ms between tries while the other side is not listening to one more

module.exports = { link };

// hide() puts our files out of the program's sight.
// Nothing is done before the first turn of the event loop: a child that ends at once pays nothing.
function link(plan, hide) {
  const ready = offer(hide);
  if (!ready) return;
  if (plan.jit === 'off') keepQuiet();
  const begin = () => {
    ready();
    connect(plan.socket, 20);
  };
  real.timeout(begin, 0).unref();
}

// As on the command line of the program itself.
function keepQuiet() {
  const { setFlagsFromString } = require('v8');
  const flags = ['--no-opt', '--no-sparkplug', '--no-lazy-feedback-allocation', '--no-flush-bytecode'];
  if (Number(process.versions.node.split('.')[0]) >= 20) flags.push('--no-maglev');
  flags.forEach((flag) => setFlagsFromString(flag));
}

function connect(path, tries) {
  const { connect: open } = require('net');
  const socket = open({ path });
  socket.unref();
  socket.on('error', (error) => {
    if (error.code !== 'EAGAIN' || tries <= 0) return;
    real.timeout(() => connect(path, tries - 1), PAUSE).unref();
  });
  socket.on('connect', () => serve(socket));
}

function serve(socket) {
  const send = (message) => {
    if (!socket.destroyed) socket.write(real.stringify(message) + '\n');
  };
  let session = null;
  let pending = '';
  const answer = (line) => {
    const { id, method, params } = real.parse(line);
    if (!session) session = open(send);
    session.post(method, params, (error, result) => {
      send(error ? { id, error: { message: error.message } } : { id, result });
    });
  };
  socket.setEncoding('utf8');
  socket.on('data', (text) => {
    const lines = (pending + text).split('\n');
    pending = lines.pop();
    try {
      lines.forEach(answer);
    } catch {
      socket.destroy();
    }
  });
  socket.on('close', () => {
    if (session) session.disconnect();
  });
  send({ pid: process.pid, script: process.argv[1] || '' });
}

function open(send) {
  const { Session } = require('inspector');
  const session = new Session();
  session.connect();
  session.on('inspectorNotification', ({ method, params }) => send({ method, params }));
  return session;
}
