'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const { EventEmitter, once } = require('events');
const app = new EventEmitter();
app.setMaxListeners(0);
let n = 0;
async function iteration() {
  const id = n++;
  const cancel = new AbortController();
  const stopped = once(app, 'shutdown', { signal: cancel.signal });
  stopped.catch(() => {});
  const got = await Promise.race([stopped, Promise.resolve(id)]);
  if (!LEAKY) cancel.abort();
  if (got !== id) throw new Error('bad');
}
module.exports = { iteration };
