'use strict';
class Sample { constructor(value) { this.value = value; this.at = performance.now(); } }
let samples = [], n = 0;
async function iteration() {
  samples.push(new Sample(n++));
  const limit = performance.now() - 800;
  let old = 0;
  while (samples[old].at < limit) old++;
  if (old > 50) samples = samples.slice(old);
  await new Promise((done) => setTimeout(done, 1));
}
module.exports = { iteration };
