'use strict';
function work(n) { return JSON.parse(JSON.stringify({ id: n, tags: ['a', 'b', 'c' + (n % 7)], at: { x: n % 100, y: 2 } })); }

let seen = new Set();
let n = 0;
function iteration() {
  const id = 'message-' + work(n++).id;
  if (seen.has(id)) throw new Error('twice');
  if (seen.size >= 1000) seen.clear();
  seen.add(id);
}
module.exports = { iteration };
