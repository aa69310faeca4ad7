'use strict';
const patterns = [];
for (let i = 0; i < 300; i++) patterns.push(new RegExp('(?<key>k' + i + '|x{' + (i % 5 + 1) + '})[-:](\\d+)', i % 2 ? 'g' : 'gi'));
let n = 0;
function iteration() {
  const text = 'k' + (n % 300) + ':' + n + ' xx-' + (n % 17) + ' tail ' + 'x'.repeat(n % 6);
  let found = 0;
  for (let i = 0; i < 6; i++) found += [...text.matchAll(patterns[(n + i * 50) % 300])].length;
  if (found < 1) throw new Error('bad');
  n++;
}
module.exports = { iteration };
