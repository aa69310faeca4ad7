'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

// Nothing but the array's own backing store grows, in steps.
const latencies = [];
let n = 0;
function iteration() {
  latencies.push(n++ % 90);
  if (!LEAKY && latencies.length >= 200) latencies.length = 0;
}
module.exports = { iteration };
