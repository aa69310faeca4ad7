'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const EventEmitter = require('eventemitter3');
const store = new EventEmitter();
class CartView {
  constructor(id) { this.id = id; this.count = 0; store.on('change', this.render, this); }
  render() { this.count++; }
  // The leaky one passes the wrong context, which matches nothing.
  remove() { store.off('change', this.render, LEAKY ? {} : this); }
}
let n = 0;
function iteration() { const view = new CartView(n++); view.render(); view.remove(); }
module.exports = { iteration };
