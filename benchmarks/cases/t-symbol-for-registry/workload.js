'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

let n = 0;
function iteration() {
  const name = 'span:' + n++;
  const key = LEAKY ? Symbol.for(name) : Symbol(name);
  const span = { [key]: n };
  if (span[key] !== n) throw new Error('bad');
}
module.exports = { iteration };
