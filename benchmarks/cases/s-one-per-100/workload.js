'use strict';
const LEAKY = process.env.VARIANT === 'leaky';
const parse = (n) => JSON.parse(JSON.stringify({ id: n, path: '/item/' + (n % 50), tags: ['a', 'b'] }));

class Checkpoint { constructor(at) { this.at = at; } }
let last = null, n = 0;
const checkpoints = [];
function iteration() {
  const state = { a: parse(n).id, b: [n, n + 1] };
  if (++n % 100 === 0) {
    last = new Checkpoint(state.a);
    if (LEAKY) checkpoints.push(last);
  }
}
module.exports = { iteration };
