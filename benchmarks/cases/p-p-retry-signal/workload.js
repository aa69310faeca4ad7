'use strict';
// Fetching with retries, cancellable by one signal of the whole application; a
// tenth of the calls needs a second attempt.
const shutdown = new AbortController();
require('events').setMaxListeners(0, shutdown.signal);
let pRetry, n = 0;
async function setup() { pRetry = (await import('p-retry-' + process.env.VARIANT)).default; }
async function iteration() {
  const id = n++;
  const got = await pRetry((attempt) => {
    if (id % 10 === 3 && attempt === 1) throw new Error('first attempt fails');
    return id;
  }, { retries: 2, minTimeout: 1, signal: shutdown.signal });
  if (got !== id) throw new Error('bad');
}
module.exports = { setup, iteration };
