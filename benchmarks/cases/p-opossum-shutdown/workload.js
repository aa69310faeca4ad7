'use strict';
// A circuit breaker per job, shut down when the job is done.
const CircuitBreaker = require('opossum-' + process.env.VARIANT);
let n = 0;
async function iteration() {
  const id = n++;
  const breaker = new CircuitBreaker(async (x) => x + 1, { timeout: false, rollingCountTimeout: 1000, rollingCountBuckets: 2 });
  if ((await breaker.fire(id)) !== id + 1) throw new Error('bad');
  breaker.shutdown();
}
module.exports = { iteration };
