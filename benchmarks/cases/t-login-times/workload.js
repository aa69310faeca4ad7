'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

// Each user's list grows by one in 500 requests: no list is seen to grow by itself, and the heap is
// flat until all of them are full at the same time.
const users = Array.from({ length: 500 }, (_, id) => ({ id, logins: [] }));
let n = 0;
function iteration() {
  const { logins } = users[(n++ * 7) % 500];
  logins.push(Date.now() + 0.5);
  if (!LEAKY && logins.length > 12) logins.shift();
}
module.exports = { iteration };
