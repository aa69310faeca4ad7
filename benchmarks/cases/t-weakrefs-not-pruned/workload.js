'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

let refs = [];
class Panel { constructor(id) { this.id = id; } }
let n = 0;
async function iteration() {
  refs.push(new WeakRef(new Panel(n++)));
  if (n % 50 === 0) await new Promise((done) => setImmediate(done));
  if (!LEAKY && refs.length >= 200) refs = refs.filter((ref) => ref.deref()).slice(-50);
}
module.exports = { iteration };
