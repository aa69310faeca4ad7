'use strict';
// Gives each child process what it needs to be measured, if it runs Node: child.cjs, by way of
// NODE_OPTIONS, and a variable that says whom to tell. child.cjs takes both away again.

const path = require('path');

const PLAN = 'NODELEAK_HEAPS';
const MARK = 'NODELEAK_TARGET';
const OPTIONS = 'NODE_OPTIONS';
const PRELOAD = '--require ' + quoted(path.join(__dirname, 'child.cjs'));
// These would keep child.cjs from being read, and end the child.
const FORBIDS = /--(?:experimental-)?(?:permission|policy)/;

module.exports = { MARK, OPTIONS, PLAN, PRELOAD, adoptChildren };

function quoted(text) {
  return /[\s"\\]/.test(text) ? '"' + text.replace(/["\\]/g, '\\$&') + '"' : text;
}

// plan: {socket, jit, mark}; for this thread only: see thread.cjs.
function adoptChildren(plan) {
  // The lowest level: whoever starts a child comes by here, and no module needs to be loaded.
  const { spawn } = binding('process_wrap').Process.prototype;
  binding('process_wrap').Process.prototype.spawn = function (...args) {
    const [first] = args;
    if (first !== null && typeof first === 'object') {
      return withPairs(first, plan, () => spawn.apply(this, args)); // up to Node 22
    }
    if (isPairs(args[3])) args[3] = injected(args[3], [args[0], ...(args[1] || [])], plan);
    return spawn.apply(this, args);
  };
  const sync = binding('spawn_sync');
  const { spawn: spawnSync } = sync;
  sync.spawn = function (options) {
    return withPairs(options, plan, () => spawnSync.call(this, options));
  };
}

// process.binding() without the warning that --pending-deprecation gives.
function binding(name) {
  const before = Object.getOwnPropertyDescriptor(process, 'noDeprecation');
  process.noDeprecation = true;
  try {
    return process.binding(name);
  } finally {
    if (before) Object.defineProperty(process, 'noDeprecation', before);
    else delete process.noDeprecation;
  }
}

function withPairs(options, plan, spawn) {
  const pairs = options && options.envPairs;
  if (!isPairs(pairs)) return spawn();
  options.envPairs = injected(pairs, [options.file, ...(options.args || [])], plan);
  try {
    return spawn();
  } finally {
    options.envPairs = pairs;
  }
}

function isPairs(value) {
  return Array.isArray(value) && value.every((pair) => typeof pair === 'string');
}

function injected(pairs, command, plan) {
  const given = pairs.find((pair) => pair.startsWith(OPTIONS + '='));
  if (FORBIDS.test([given, ...command].join(' '))) return pairs;
  const marked = pairs.some((pair) => pair.startsWith(MARK + '='));
  const others = pairs.filter((pair) => pair !== given && !pair.startsWith(PLAN + '='));
  if (!marked) others.push(MARK + '=' + plan.mark);
  const rest = given === undefined ? '' : ' ' + given.slice(OPTIONS.length + 1);
  return [
    ...others,
    OPTIONS + '=' + PRELOAD + rest,
    PLAN + '=' + JSON.stringify({ ...plan, marked }),
  ];
}
