'use strict';
// Lets a program send itself a signal that only native code handles, as heapdump does.

const { readFileSync } = require('fs');
const { constants } = require('os');

module.exports = { allowOwnSignals };

// process.kill(process.pid, signal) takes a signal without a JavaScript listener for the end of
// the process: Node runs its exit hooks, and the inspector's waits for us to disconnect. While a
// native handler is there, an empty listener for the moment tells Node that nobody dies.
function allowOwnSignals() {
  if (process.platform !== 'linux') return;
  const kill = process.kill;
  const ignore = () => {};
  process.kill = function (pid, signal) {
    const name = nameOf(signal);
    if (Number(pid) !== process.pid || !name || process.listenerCount(name) || !isCaught(name)) {
      return kill.apply(this, arguments);
    }
    process.on(name, ignore);
    try {
      return kill.apply(this, arguments);
    } finally {
      process.removeListener(name, ignore);
    }
  };
}

// "" also for those that Node itself handles: the first two end the process.
function nameOf(signal) {
  const { signals } = constants;
  const name = Object.keys(signals).find((key) => key === signal || signals[key] === signal) || '';
  return ['SIGINT', 'SIGTERM', 'SIGUSR1'].includes(name) ? '' : name;
}

// Whether the process has a handler for it, by the kernel's own account.
function isCaught(name) {
  try {
    const mask = /^SigCgt:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1];
    return ((BigInt('0x' + mask) >> BigInt(constants.signals[name] - 1)) & 1n) === 1n;
  } catch {
    return false;
  }
}
