'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const hits = {};
let n = 0;
function iteration() {
  const url = '/article/' + n++ + '?utm=' + (n % 10);
  const key = LEAKY ? url : '/article/:id';
  hits[key] = (hits[key] || 0) + 1;
}
module.exports = { iteration };
