'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const { observable, autorun, runInAction } = require('mobx');
const cart = observable({ total: 0 });
class Badge { constructor(id) { this.id = id; this.text = ''; } }
let n = 0;
function iteration() {
  const badge = new Badge(n++);
  const dispose = autorun(() => { badge.text = 'total ' + cart.total; });
  if (n % 100 === 0) runInAction(() => { cart.total++; });
  if (!LEAKY) dispose();
}
module.exports = { iteration };
