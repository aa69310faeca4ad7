'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const identifiers = [];
let n = 0;
function iteration() {
  const chunk = Buffer.alloc(65536, n++ % 256);
  const id = LEAKY ? chunk.subarray(0, 16) : Buffer.from(chunk.subarray(0, 16));
  identifiers.push(id);
  if (identifiers.length > 20) if (!LEAKY) identifiers.shift();
}
module.exports = { iteration };
