'use strict';
// Loaded into worker threads: makes the driver available, which is built when it is asked for.

const { readFileSync } = require('fs');
const { getEnvironmentData, isMainThread } = require('worker_threads');
const { hideOurArguments } = require('./arguments.cjs');
const { PLAN, adoptChildren } = require('./family.cjs');
const { offer } = require('./offer.cjs');
const real = require('./real.cjs');

// now(): makes the driver available where the thread has no turn in which it would be, for it
// sleeps in Atomics.wait from its first line on.
module.exports = { now: isMainThread ? () => {} : begin() };

function begin() {
  hideOurArguments();
  const ready = offer() || (() => {});
  // Not in the middle of the thread's own start.
  real.timeout(ready, 0).unref();
  const plan = getEnvironmentData(PLAN) || inherited();
  try {
    if (plan) adoptChildren(plan);
  } catch (error) {
    if (!process.permission) throw error;
  }
  return ready;
}

// What the process was started with: a child does not load worker_threads only to pass it on.
function inherited() {
  try {
    const pairs = readFileSync('/proc/self/environ', 'utf8').split('\0');
    return JSON.parse(pairs.find((pair) => pair.startsWith(PLAN + '=')).slice(PLAN.length + 1));
  } catch {
    return null;
  }
}
