'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

class JobNode { constructor(job) { this.job = job; this.next = null; } }
const sentinel = new JobNode(-1);
let head = sentinel, tail = sentinel, taken = sentinel;
function push(job) { tail.next = new JobNode(job); tail = tail.next; }
function shift() {
  taken = taken.next;
  if (!LEAKY) head = taken;
  return taken.job;
}
let n = 0;
function iteration() { push(n); if (shift() !== n++ || !head) throw new Error('bad'); }
module.exports = { iteration };
