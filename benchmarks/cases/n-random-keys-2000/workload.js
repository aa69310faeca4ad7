'use strict';
// Coupon collector: the first keys come fast, the last ones take 16,000 draws.
class Tenant { constructor(key) { this.key = key; this.plan = 'basic'; } }
const tenants = new Map();
let seed = 12345;
function random() { seed = (Math.imul(seed, 1103515245) + 12345) >>> 0; return (seed >>> 8) / 16777216; }
function iteration() {
  for (let i = 0; i < 4; i++) {
    const key = 'tenant-' + Math.floor(random() * 2000);
    if (!tenants.has(key)) tenants.set(key, new Tenant(key));
  }
}
module.exports = { iteration };
