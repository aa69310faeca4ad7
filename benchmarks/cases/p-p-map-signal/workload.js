'use strict';
// One signal for the life of the service is passed with every batch.
const shutdown = new AbortController();
require('events').setMaxListeners(0, shutdown.signal);
let pMap, n = 0;
async function setup() { pMap = (await import('p-map-' + process.env.VARIANT)).default; }
async function iteration() {
  const got = await pMap([n, n + 1, n + 2], async (x) => x * 2, { concurrency: 2, signal: shutdown.signal });
  if (got[2] !== (n + 2) * 2) throw new Error('bad');
  n++;
}
module.exports = { setup, iteration };
