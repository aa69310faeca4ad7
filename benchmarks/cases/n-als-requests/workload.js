'use strict';
const { AsyncLocalStorage, AsyncResource } = require('async_hooks');
const storage = new AsyncLocalStorage();
class RequestScope { constructor(id) { this.id = id; this.timings = new Map(); } }
async function step(name) {
  await null;
  storage.getStore().timings.set(name, Date.now());
  await new Promise((done) => setImmediate(done));
}
let n = 0;
async function iteration() {
  const id = n++;
  const size = await storage.run(new RequestScope(id), async () => {
    await Promise.all([step('auth'), step('db')]);
    await new AsyncResource('RENDER').runInAsyncScope(step, null, 'render');
    return storage.getStore().timings.size;
  });
  if (size !== 3) throw new Error('bad');
}
module.exports = { iteration };
