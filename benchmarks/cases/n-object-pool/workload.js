'use strict';
class Vec { constructor() { this.x = 0; this.y = 0; this.z = 0; } }
const pool = [];
let n = 0;
function acquire() { return pool.pop() || new Vec(); }
function iteration() {
  // The demand follows a slow wave with rare peaks.
  const wanted = 20 + (n % 13) * 5 + (n % 101 === 100 ? 150 : 0);
  n++;
  const used = [];
  for (let i = 0; i < wanted; i++) { const v = acquire(); v.x = i; used.push(v); }
  for (const v of used) pool.push(v);
}
module.exports = { iteration };
