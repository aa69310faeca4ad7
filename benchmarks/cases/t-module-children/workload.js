'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const fs = require('fs');
const os = require('os');
const path = require('path');
let file, dir, n = 0;
async function setup() {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'reload-'));
  file = path.join(dir, 'settings.js');
  fs.writeFileSync(file, 'module.exports = { loadedAt: Date.now(), limits: [1, 2, 3] };');
}
async function iteration() {
  const settings = require(file);
  delete require.cache[file];
  if (!LEAKY) module.children.splice(module.children.findIndex((child) => child.filename === file), 1);
  if (settings.limits.length !== 3) throw new Error('bad ' + n++);
}
async function teardown() { fs.rmSync(dir, { recursive: true }); }
module.exports = { setup, iteration, teardown };
