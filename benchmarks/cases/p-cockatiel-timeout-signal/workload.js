'use strict';
const { timeout, TimeoutStrategy } = require('cockatiel-' + process.env.VARIANT);
const policy = timeout(1000, TimeoutStrategy.Cooperative);
const shutdown = new AbortController();
require('events').setMaxListeners(0, shutdown.signal);
let n = 0;
async function iteration() {
  const id = n++;
  if ((await policy.execute(async () => id, shutdown.signal)) !== id) throw new Error('bad');
}
module.exports = { iteration };
