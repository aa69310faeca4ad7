'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const NodeCache = require('node-cache');
const cache = new NodeCache({ stdTTL: 0, checkperiod: 0, useClones: false });
class PageResult { constructor(page) { this.page = page; this.rows = [page]; } }
let n = 0;
function iteration() {
  const key = LEAKY ? 'search:' + n : 'search:' + (n % 30);
  if (!cache.get(key)) cache.set(key, new PageResult(n));
  n++;
}
module.exports = { iteration };
