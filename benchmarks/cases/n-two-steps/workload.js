'use strict';
function work(n) { return JSON.parse(JSON.stringify({ id: n, tags: ['a', 'b', 'c' + (n % 7)], at: { x: n % 100, y: 2 } })); }

class Rule { constructor(id) { this.id = id; this.when = { path: '/r' + id, methods: ['GET', 'PUT'] }; } }
const rules = [];
let n = 0;
function iteration() {
  n++;
  if (n === 300 || n === 1500) for (let i = 0; i < 300; i++) rules.push(new Rule(i));
  work(n);
}
module.exports = { iteration };
