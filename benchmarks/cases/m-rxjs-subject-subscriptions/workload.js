'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const { Subject, filter, map, take } = require('rxjs');
const prices = new Subject();
class Alert { constructor(id) { this.id = id; this.fired = 0; } }
let n = 0;
function iteration() {
  const alert = new Alert(n++);
  const stream = prices.pipe(filter((price) => price < 0), map((price) => price * 2));
  const subscription = stream.subscribe(() => { alert.fired++; });
  if (!LEAKY) subscription.unsubscribe();
}
module.exports = { iteration };
