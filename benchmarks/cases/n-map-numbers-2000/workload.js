'use strict';
const lastSeen = new Map();
let n = 0;
function iteration() {
  lastSeen.set(n, n % 100);
  if (lastSeen.size > 2000) lastSeen.delete(n - 2000);
  n++;
}
module.exports = { iteration };
