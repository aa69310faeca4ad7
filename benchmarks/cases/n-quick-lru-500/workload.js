'use strict';
const QuickLRU = require('quick-lru');
const cache = new QuickLRU({ maxSize: 500 });
class Thumbnail { constructor(id) { this.id = id; this.pixels = [id, id + 1, id + 2]; } }
let n = 0;
function iteration() {
  const id = n++;
  cache.set('thumb:' + id, new Thumbnail(id));
  if (cache.get('thumb:' + id).id !== id) throw new Error('bad');
}
module.exports = { iteration };
