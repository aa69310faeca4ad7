'use strict';
// A leak test in a file of its own; `nodeleak run service/cart.leak.js` runs it without pytest.

const cart = require('./cart');

exports.options = { budget: '10s' };

exports.iteration = () => {
  if (cart.checkout() !== 8) throw new Error('wrong sum');
};
