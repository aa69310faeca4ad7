'use strict';
// A new index is built over 120 iterations while the last one serves.
class IndexEntry { constructor(key) { this.key = key; this.postings = [key, key + 1]; } }
let serving = new Map(), building = new Map(), n = 0;
function iteration() {
  const key = n++;
  building.set(key, new IndexEntry(key));
  if (building.size === 120) { serving = building; building = new Map(); }
  if (serving.size && !serving.values().next().value) throw new Error('bad');
}
module.exports = { iteration };
