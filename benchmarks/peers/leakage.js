'use strict';
// node --expose-gc leakage.js, in a case's folder: what `leakage` says of it, with its defaults.
const fs = require('fs');
const path = require('path');
const { iterate, MemoryLeakError } = require('leakage');

const workload = require(path.resolve('workload.js'));

function report(outcome, reason) {
  fs.writeSync(1, '\n' + JSON.stringify({ outcome, reasons: reason ? [String(reason).split('\n')[0]] : [] }) + '\n');
  process.exit({ steady: 0, leak: 1, error: 2 }[outcome]);
}

async function main() {
  if (workload.setup) await workload.setup();
  const first = workload.iteration();
  const async = Boolean(first && typeof first.then === 'function');
  await first;
  try {
    // leakage starts all iterations of a round at once; ours follow each other.
    let last = Promise.resolve();
    if (async) await iterate.async(() => (last = last.then(() => workload.iteration())));
    else iterate(() => workload.iteration());
    report('steady');
  } catch (error) {
    report(error instanceof MemoryLeakError ? 'leak' : 'error', error.message);
  }
}

process.once('beforeExit', () => report('error', 'the event loop ran dry'));
main().catch((error) => report('error', error.message));
