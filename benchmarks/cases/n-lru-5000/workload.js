'use strict';
function work(n) { return JSON.parse(JSON.stringify({ id: n, tags: ['a', 'b', 'c' + (n % 7)], at: { x: n % 100, y: 2 } })); }

const LRUCache = require('lru-cache');
const cache = new LRUCache({ max: 5000 });
class Profile { constructor(data) { this.data = data; } }
let n = 0;
function iteration() { const id = n++; cache.set(id, new Profile(work(id))); if (!cache.get(id)) throw new Error('bad'); }
module.exports = { iteration };
