'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const history = [];
let n = 0;
function iteration() {
  const sample = new Float64Array(6).fill(n++);
  history.push(sample);
  if (!LEAKY && history.length > 100) history.shift();
}
module.exports = { iteration };
