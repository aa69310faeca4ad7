'use strict';
let kept = '', n = 0;
function iteration() {
  let text = '';
  for (let i = 0; i < 60; i++) text += 'word' + ((n + i) % 90) + ',';
  const words = text.split(',').map((w) => w.slice(1).padEnd(8));
  kept = words.join(' ').slice(10, 400);
  if (kept.length !== 390) throw new Error('bad');
  n++;
}
module.exports = { iteration };
