'use strict';
// Filled at the pace of the work: the population is rate x 300 ms.
const cache = new Map();
class Quote { constructor(id) { this.id = id; this.price = id % 97; } }
function put(id) {
  cache.set(id, new Quote(id));
  setTimeout(() => cache.delete(id), 300);
}
let n = 0;
async function iteration() { put(n++); await new Promise((done) => setTimeout(done, 1)); }
module.exports = { iteration };
