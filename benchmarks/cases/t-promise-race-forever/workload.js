'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const never = new Promise(() => {});
class Reply { constructor(id) { this.id = id; } }
let n = 0;
async function iteration() {
  const id = n++;
  const stop = LEAKY ? never : new Promise(() => {});
  const reply = await Promise.race([stop, Promise.resolve(new Reply(id))]);
  if (reply.id !== id) throw new Error('bad');
}
module.exports = { iteration };
