'use strict';
const latencies = [];
let n = 0;
function iteration() {
  if (latencies.length < 5000) latencies.push(n % 250); else latencies[n % 5000] = n % 250;
  n++;
}
module.exports = { iteration };
