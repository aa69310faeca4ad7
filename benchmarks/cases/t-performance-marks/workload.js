'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

let n = 0;
function iteration() {
  const name = 'render-' + n++;
  performance.mark(name);
  if (!LEAKY) performance.clearMarks(name);
}
module.exports = { iteration };
