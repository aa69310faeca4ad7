'use strict';
// node --expose-gc every-round-up.js N, in a case's folder: the plain rule that heapUsed rose in
// each of ten rounds of N iterations, with forced garbage collections between them.
const fs = require('fs');
const path = require('path');

const ROUNDS = 10;
const perRound = Number(process.argv[2]);
const workload = require(path.resolve('workload.js'));

function report(outcome, reason) {
  fs.writeSync(1, '\n' + JSON.stringify({ outcome, reasons: reason ? [reason] : [] }) + '\n');
  process.exit({ steady: 0, leak: 1, error: 2 }[outcome]);
}

async function settled() {
  for (let i = 0; i < 3; i++) {
    await new Promise((done) => setImmediate(done));
    global.gc();
  }
  return process.memoryUsage().heapUsed;
}

async function main() {
  if (workload.setup) await workload.setup();
  for (let i = 0; i < perRound; i++) await workload.iteration();
  const series = [await settled()];
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < perRound; i++) await workload.iteration();
    series.push(await settled());
  }
  const rose = series.slice(1).every((bytes, i) => bytes > series[i]);
  report(rose ? 'leak' : 'steady', series.map((bytes) => Math.round(bytes / 1000)).join(' '));
}

process.once('beforeExit', () => report('error', 'the event loop ran dry'));
main().catch((error) => report('error', error.message));
