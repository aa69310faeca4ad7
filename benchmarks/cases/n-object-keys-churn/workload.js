'use strict';
const sessions = {};
let n = 0;
function iteration() {
  sessions['s' + n] = { id: n, at: n * 2 };
  delete sessions['s' + (n - 400)];
  n++;
}
module.exports = { iteration };
