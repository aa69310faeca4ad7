'use strict';
const LEAKY = process.env.VARIANT === 'leaky';
const parse = (n) => JSON.parse(JSON.stringify({ id: n, path: '/item/' + (n % 50), tags: ['a', 'b'] }));

const misses = new Map();
class MissMarker { constructor(key) { this.key = key; } }
let n = 0;
function iteration() {
  const key = parse(n++).id;
  if (key % 50 === 49) { misses.set(key, new MissMarker(key)); if (!LEAKY) misses.delete(key); }
  return key;
}
module.exports = { iteration };
