'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const seenAt = new Map();
let n = 0;
function iteration() {
  const id = n++;
  seenAt.set(id, id % 1000);
  if (!LEAKY) seenAt.delete(id - 64);
}
module.exports = { iteration };
