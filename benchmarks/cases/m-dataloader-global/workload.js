'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const DataLoader = require('dataloader');
class Article { constructor(id) { this.id = id; this.title = 'article ' + id; } }
const create = () => new DataLoader(async (ids) => ids.map((id) => new Article(id)));
const shared = create();
let n = 0;
async function iteration() {
  const loader = LEAKY ? shared : create();
  const [first, second] = await Promise.all([loader.load(n), loader.load(n + 1)]);
  n += 2;
  if (second.id !== first.id + 1) throw new Error('bad');
}
module.exports = { iteration };
