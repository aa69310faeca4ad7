'use strict';
function work(n) { return JSON.parse(JSON.stringify({ id: n, tags: ['a', 'b', 'c' + (n % 7)], at: { x: n % 100, y: 2 } })); }

class Row { constructor(value) { this.value = value; } }
let batch = [], flushed = 0, n = 0;
function iteration() {
  batch.push(new Row(work(n++)));
  if (batch.length >= 1000) { flushed += batch.length; batch = []; }
}
module.exports = { iteration };
