'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const listeners = new Set();
class PriceView {
  constructor(symbol) { this.symbol = symbol; this.price = 0; this.bound = this.update.bind(this); }
  update(price) { this.price = price; }
  mount() { listeners.add(this.bound); }
  unmount() { listeners.delete(LEAKY ? this.update.bind(this) : this.bound); }
}
let n = 0;
function iteration() { const view = new PriceView('S' + n++ % 50); view.mount(); view.unmount(); }
module.exports = { iteration };
