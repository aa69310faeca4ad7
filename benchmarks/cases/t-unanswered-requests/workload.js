'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

// A request to a peer that may never reply; only the right program gives up on it.
const waiting = new Map();
class PendingCall { constructor(id, resolve) { this.id = id; this.resolve = resolve; } }
function call(id) {
  return new Promise((resolve) => waiting.set(id, new PendingCall(id, resolve)));
}
let n = 0;
async function iteration() {
  const id = n++;
  const outcome = call(id).then((value) => value.length);
  await Promise.race([outcome, Promise.resolve()]);
  if (!LEAKY) { waiting.get(id).resolve(''); waiting.delete(id); }
}
module.exports = { iteration };
