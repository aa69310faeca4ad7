'use strict';
function kernel(a, b, k) {
  switch (k % 6) {
    case 0: return a * b + k;
    case 1: return Math.hypot(a, b);
    case 2: return (a | 0) ^ (b | 0);
    case 3: return a / (b + 1) - k;
    case 4: return Math.sin(a) * Math.cos(b);
    default: return a > b ? a : b;
  }
}
const grid = new Float64Array(256);
let n = 0;
function iteration() {
  n++;
  for (let i = 0; i < 256; i++) grid[i] = kernel(grid[i] % 1000, i * 0.5, n + i);
  let sum = 0;
  for (const value of grid) sum += value;
  if (Number.isNaN(sum)) throw new Error('bad');
}
module.exports = { iteration };
