'use strict';
const LEAKY = process.env.VARIANT === 'leaky';
const parse = (n) => JSON.parse(JSON.stringify({ id: n, path: '/item/' + (n % 50), tags: ['a', 'b'] }));

const retries = new Map();
class RetryRecord { constructor(job) { this.job = job; this.attempts = 1; this.nextAt = job + 50; } }
let n = 0;
async function iteration() {
  const job = 'job-' + parse(n++).id;
  await null;
  if (n % 10 !== 0) return;
  retries.set(job, new RetryRecord(n));
  await null;
  retries.get(job).attempts++;
  if (!LEAKY) retries.delete(job);
}
module.exports = { iteration };
