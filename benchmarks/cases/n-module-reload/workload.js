'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');
let dir, file, n = 0;
async function setup() {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'reload-'));
  file = path.join(dir, 'rules.js');
  fs.writeFileSync(file, 'class Rule { constructor(i) { this.i = i; } }\nmodule.exports = [new Rule(1), new Rule(2)];');
}
async function iteration() {
  const rules = require(file);
  const loaded = require.cache[file];
  delete require.cache[file];
  module.children.splice(module.children.indexOf(loaded), 1);
  if (rules.length !== 2) throw new Error('bad ' + n++);
}
async function teardown() { fs.rmSync(dir, { recursive: true }); }
module.exports = { setup, iteration, teardown };
