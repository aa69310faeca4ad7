'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

class Quote { constructor(at) { this.at = at; this.bids = [at]; } }
class Shadow { constructor(of) { this.of = of; } }
const quotes = Array.from({ length: 20000 }, (_, i) => new Quote(i));
const shadows = [];
let n = 0;
function iteration() {
  for (let k = 0; k < 10; k++) quotes[(n * 10 + k) % quotes.length] = new Quote(n);
  if (n % 20 === 0) {
    const shadow = new Shadow(n);
    if (LEAKY) shadows.push(shadow);
  }
  n++;
}
module.exports = { iteration };
