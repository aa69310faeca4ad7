'use strict';
// Writes three heap snapshots of a program that leaks: make_heap.js PREFIX OBJECTS [list]
// gives PREFIX-1.heapsnapshot to PREFIX-3.heapsnapshot. About OBJECTS objects live in a
// steady cache; each of two windows leaks a hundredth of that into an array. With "list"
// the steady objects are one linked list instead. With the prefix "-" it writes nothing
// and stays, and `leak(n)` is global.
const v8 = require('v8');

class Record {
  constructor(n) {
    this.id = n;
    this.name = 'record-' + n;
    this.tags = [n % 7, { group: n % 13 }];
  }
}
class LeakedSession {
  constructor(n) {
    this.token = 'session-' + n;
    this.data = { n, text: 't' + n };
  }
}

const [prefix, count, form] = process.argv.slice(2);
const objects = Number(count);
const steady = [];
let head = null;
const leaked = [];

for (let n = 0; n < objects; n++) {
  if (form === 'list') head = { next: head };
  else if (form === 'array') steady.push({ next: null });
  else steady.push(new Record(n));
}

function leak(n) {
  for (let i = 0; i < n; i++) leaked.push(new LeakedSession(leaked.length));
}

leak(100);
if (prefix === '-') {
  global.leak = leak;
  setInterval(() => {}, 1e6);
}
for (let shot = 1; shot <= 3 && prefix !== '-'; shot++) {
  for (let i = 0; i < 3; i++) global.gc();
  v8.writeHeapSnapshot(`${prefix}-${shot}.heapsnapshot`);
  if (shot < 3) leak(Math.max(100, Math.floor(objects / 100)));
}
module.exports = { steady, leaked, head: () => head };
