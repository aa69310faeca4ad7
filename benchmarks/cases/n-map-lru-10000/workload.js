'use strict';
const MAX = 10000;
const cache = new Map();
class Row { constructor(id) { this.id = id; this.total = id * 3; } }
function remember(id) {
  cache.delete(id);
  cache.set(id, new Row(id));
  if (cache.size > MAX) cache.delete(cache.keys().next().value);
}
let n = 0;
function iteration() { remember(n++); }
module.exports = { iteration };
