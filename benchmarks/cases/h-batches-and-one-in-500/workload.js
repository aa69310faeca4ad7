'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

class Occurrence { constructor(at) { this.at = at; } }
const lost = [];
let batch = [];
let n = 0;
function iteration() {
  batch.push(new Occurrence(n++));
  if (batch.length < 500) return;
  if (LEAKY) lost.push(batch[0]);
  batch = [];
}
module.exports = { iteration };
