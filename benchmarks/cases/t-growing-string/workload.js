'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

let protocol = '';
let n = 0;
function iteration() {
  protocol += 'request ' + n++ + ' done\n';
  if (!LEAKY && protocol.length > 8192) protocol = protocol.slice(-4096);
}
module.exports = { iteration };
