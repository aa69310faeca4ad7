'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const asyncHooks = require('async_hooks');
class AsyncRecord { constructor(type, parent) { this.type = type; this.parent = parent; } }
const records = new Map();
const hook = asyncHooks.createHook({
  init(id, type, parent) { if (type === 'Timeout') records.set(id, new AsyncRecord(type, parent)); },
  destroy(id) { if (!LEAKY) records.delete(id); },
});
async function setup() { hook.enable(); }
async function iteration() { await new Promise((done) => setTimeout(done, 0)); }
async function teardown() { hook.disable(); }
module.exports = { setup, iteration, teardown };
