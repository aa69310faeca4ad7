'use strict';
// The versions that have been compiled, of which the latest are kept, all of them where VARIANT says so.
const { EventEmitter } = require('node:events');
const { randomUUID } = require('node:crypto');

const variant = process.env.VARIANT || 'healthy';
const latest = [];
const everything = [];
const rollbacks = [];
const watcher = new EventEmitter().setMaxListeners(0);
const builds = new Map();
let number = 0;

class CompiledVersion {
  constructor(version, problems) {
    this.number = ++number;
    this.version = version;
    this.problems = problems;
  }
}

function record(version, problems) {
  const one = new CompiledVersion(version, problems);
  const at = one.number;
  latest.push(one);
  if (latest.length > 20) latest.shift();
  if (variant === 'each' || (variant === 'tenth' && at % 10 === 0)) everything.push(one);
  if (variant === 'closure') rollbacks.push(function rollBack() { return at; });
  if (variant === 'listener') watcher.on('change', function recompile(file) { return file + at; });
  if (variant === 'string') builds.set(`build of main.ts ${randomUUID()}`, at);
}

module.exports = { record };
