'use strict';
const vm = require('vm');
const script = new vm.Script('total = items.reduce((a, b) => a + b, 0); class Inner {} new Inner()');
let n = 0;
function iteration() {
  const sandbox = { items: [n, 1, 2], total: 0 };
  vm.createContext(sandbox);
  script.runInContext(sandbox);
  if (sandbox.total !== n++ + 3) throw new Error('bad');
}
module.exports = { iteration };
