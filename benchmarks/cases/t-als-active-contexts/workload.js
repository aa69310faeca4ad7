'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

// Removing forgets that finish() runs after the list was copied.
const { AsyncLocalStorage } = require('async_hooks');
const storage = new AsyncLocalStorage();
class RequestContext { constructor(id) { this.id = id; this.startedAt = Date.now(); this.tags = { route: '/r' + (id % 7) }; } }
let active = [];
function finish() {
  const context = storage.getStore();
  const others = active.filter((c) => c !== context);
  if (!LEAKY || others.length > 1e9) active = others;
}
let n = 0;
async function iteration() {
  await storage.run(new RequestContext(n++), async () => {
    active = active.concat(storage.getStore());
    await null;
    finish();
  });
}
module.exports = { iteration };
