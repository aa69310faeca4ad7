'use strict';
const cache = new Map();
const registry = new FinalizationRegistry((id) => { const ref = cache.get(id); if (ref && !ref.deref()) cache.delete(id); });
class Document { constructor(id) { this.id = id; this.lines = ['a', 'b', 'c']; } }
function open(id) {
  const known = cache.get(id) && cache.get(id).deref();
  if (known) return known;
  const document = new Document(id);
  cache.set(id, new WeakRef(document));
  registry.register(document, id);
  return document;
}
let n = 0;
async function iteration() {
  const id = n++;
  if (open(id) !== open(id)) throw new Error('bad');
  if (n % 25 === 0) await new Promise((done) => setImmediate(done));
}
module.exports = { iteration };
