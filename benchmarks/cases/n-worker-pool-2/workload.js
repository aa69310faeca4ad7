'use strict';
const { Worker } = require('worker_threads');
const source = "const { parentPort } = require('worker_threads'); parentPort.on('message', ({ id, values }) => parentPort.postMessage({ id, sum: values.reduce((a, b) => a + b, 0) }));";
const workers = [];
const waiting = new Map();
let n = 0;
async function setup() {
  for (let i = 0; i < 2; i++) {
    const worker = new Worker(source, { eval: true });
    worker.on('message', ({ id, sum }) => { waiting.get(id)(sum); waiting.delete(id); });
    await new Promise((done) => worker.once('online', done));
    workers.push(worker);
  }
}
async function iteration() {
  const id = n++;
  const answer = new Promise((done) => waiting.set(id, done));
  workers[id % 2].postMessage({ id, values: [id, 1, 2] });
  if ((await answer) !== id + 3) throw new Error('bad');
}
async function teardown() { await Promise.all(workers.map((worker) => worker.terminate())); }
module.exports = { setup, iteration, teardown };
