'use strict';
// Preloaded into the program under test, and by Node into each of its worker threads.

const { isMainThread, setEnvironmentData } = require('worker_threads');
const KEY = Symbol.for('pytest-nodeleak.driver');

if (!isMainThread) require('./thread.cjs');
else if (!globalThis[KEY]) {
  install();
  // Nothing of the program runs before we are connected. --inspect-brk would do the same, but
  // its worker threads would wait as well, for ever.
  // Commands while Node boots or loads the script disturb it: Node 18 and 20 then crash at times
  // when the script ends early. So it is told on stderr when to speak, and heard only then.
  const { writeSync } = require('fs');
  writeSync(2, 'nodeleak: the driver waits\n');
  require('inspector').waitForDebugger();
  writeSync(2, 'nodeleak: the driver runs\n');
}

function install() {
  const { hasLastImport, hideOurArguments } = require('./arguments.cjs');
  const preloading = hasLastImport();
  hideOurArguments();
  require('./lifeline.cjs').holdLifeline();
  require('./signals.cjs').allowOwnSignals();
  const plan = process.env.NODELEAK_HEAPS;
  delete process.env.NODELEAK_HEAPS;
  if (plan) {
    try {
      require('./family.cjs').adoptChildren(JSON.parse(plan));
    } catch (error) {
      // The permission model: children would not be measured.
      if (!process.permission) throw error;
    }
    setEnvironmentData('NODELEAK_HEAPS', JSON.parse(plan)); // for its worker threads
  }
  const driver = require('./methods.cjs').makeDriver(require('./real.cjs'), preloading);
  driver.workersRun = require('./born.cjs').watchWorkers();
  Object.defineProperty(globalThis, KEY, { value: driver });
}
