'use strict';
// node --expose-gc --require probe.cjs SCRIPT: answers a Unix socket (PROBE) with what the heap is
// after garbage collections, or with the path of a heap snapshot; no inspector, no tool.
const net = require('node:net');
const v8 = require('node:v8');

async function answer(line) {
  for (let i = 0; i < 4; i++) {
    await new Promise((done) => setImmediate(done));
    global.gc();
  }
  if (line.startsWith('snapshot ')) return v8.writeHeapSnapshot(line.slice(9));
  if (line.startsWith('run ')) {
    const { iteration } = require(process.argv[1]);
    for (let i = Number(line.slice(4)); i > 0; i--) await iteration();
    return 'done';
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return JSON.stringify({ heapUsed, external, rss });
}

const server = net.createServer((socket) => {
  socket.setEncoding('utf8');
  socket.on('data', (line) => answer(line.trim()).then(
    (text) => socket.write(text + '\n'),
    (error) => socket.write('error: ' + error.message + '\n'),
  ));
});
server.listen(process.env.PROBE, () => {
  if (process.env.PROBE_KEEP !== '1') server.unref();
});
