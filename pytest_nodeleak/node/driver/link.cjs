'use strict';
// Connects a child process with the test: inspector messages, one a line, over a socket of ours,
// answered by a session inside the process. An inspector with a port would say so on stderr, and
// would hold the process at its end until the test has let go of it.

const KEY = Symbol.for('pytest-nodeleak.driver');
const PAUSE = 100; // ms between tries while the other side has too many that wait

module.exports = { connect };

// real: what real.cjs kept before the program's first line.
function connect(path, real, tries = 20) {
  const { connect: open } = require('net');
  const socket = open({ path });
  socket.unref();
  socket.on('error', (error) => {
    if (error.code !== 'EAGAIN' || tries <= 0) return;
    real.timeout(() => connect(path, real, tries - 1), PAUSE).unref();
  });
  socket.on('connect', () => serve(socket, real));
}

function serve(socket, real) {
  const send = (message) => {
    if (!socket.destroyed) socket.write(real.stringify(message) + '\n');
  };
  let session = null;
  let pending = '';
  const answer = (line) => {
    const { id, method, params } = real.parse(line);
    if (method === 'NodeLeak.call') {
      call(params.arguments).then((result) => send({ id, result }));
      return;
    }
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

// The driver without the inspector: a promise that this waits for when the process ends would be
// answered when no JavaScript may run any more, which Node 22 does not survive.
async function call([name, ...args]) {
  try {
    return { result: { value: await globalThis[KEY][name](...args) } };
  } catch (error) {
    return { exceptionDetails: { text: String((error && error.stack) || error) } };
  }
}

function open(send) {
  const { Session } = require('inspector');
  const session = new Session();
  session.connect();
  session.on('inspectorNotification', ({ method, params }) => send({ method, params }));
  return session;
}
