'use strict';
// Takes what we gave Node itself out of process.execArgv.

const path = require('path');

module.exports = { hasLastImport, hideOurArguments };

const DRIVER = path.join(__dirname, 'driver.cjs');

// --import=.../preloaded.mjs, which comes after those of the program's own.
const isLastImport = (arg) => arg.startsWith('--import=') && arg.endsWith('/driver/preloaded.mjs');

// To be asked before they are hidden.
function hasLastImport() {
  return process.execArgv.some(isLastImport);
}

// Children of fork() and cluster inherit execArgv; they must not wait for a debugger.
function hideOurArguments() {
  const ours = (i, list) =>
    /^--inspect/.test(list[i]) ||
    isLastImport(list[i]) ||
    list[i] === DRIVER ||
    (/^(-r|--require)$/.test(list[i]) && list[i + 1] === DRIVER);
  // A thread with arguments of its own has no --require of ours.
  if (!process.execArgv.includes(DRIVER)) return;
  process.execArgv.splice(0, Infinity, ...process.execArgv.filter((_, i, all) => !ours(i, all)));
}
