'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

let samples = new Float64Array(64);
let used = 0;
let n = 0;
function add(value) {
  if (used === samples.length) {
    const larger = new Float64Array(2 * samples.length);
    larger.set(samples);
    samples = larger;
  }
  samples[used++] = value;
}
function mean() {
  let sum = 0;
  for (let at = 0; at < used; at++) sum += samples[at];
  const result = sum / used;
  if (!LEAKY) used = 0;
  return result;
}
function iteration() {
  add(Math.sqrt(n++));
  if (n % 100 === 0) mean();
}
module.exports = { iteration };
