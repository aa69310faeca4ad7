'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

class Entry { constructor(at) { this.at = at; this.facts = { seen: true }; } }
const ring = new Array(400);
const forgotten = [];
let n = 0;
function iteration() {
  const entry = new Entry(n);
  ring[n % ring.length] = entry;
  if (LEAKY && n % 25 === 0) forgotten.push(entry);
  n++;
}
module.exports = { iteration };
