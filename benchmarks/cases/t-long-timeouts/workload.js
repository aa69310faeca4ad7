'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

class Delivery {
  constructor(id) {
    this.id = id;
    this.expiry = setTimeout(() => { this.expired = true; }, 3600000);
    this.expiry.unref();
  }
  acknowledge() { if (!LEAKY) clearTimeout(this.expiry); this.done = true; }
}
let n = 0;
async function iteration() { const delivery = new Delivery(n++); await null; delivery.acknowledge(); }
module.exports = { iteration };
