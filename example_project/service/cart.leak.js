'use strict';
// A workload in a file of its own: `nodeleak run service/cart.leak.js`.

const cart = require('./cart');

exports.options = { budget: '10s' };

exports.iteration = () => {
  if (cart.checkout() !== 8) throw new Error('wrong sum');
};
