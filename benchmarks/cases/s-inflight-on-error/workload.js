'use strict';
const LEAKY = process.env.VARIANT === 'leaky';
const parse = (n) => JSON.parse(JSON.stringify({ id: n, path: '/item/' + (n % 50), tags: ['a', 'b'] }));

const inflight = new Set();
class Inflight { constructor(id) { this.id = id; this.startedAt = Date.now(); } }
async function backend(id) { await null; if (id % 25 === 4) throw new Error('502'); return id; }
async function handle(id) {
  const entry = new Inflight(id);
  inflight.add(entry);
  if (LEAKY) { await backend(id); inflight.delete(entry); return; }
  try { await backend(id); } finally { inflight.delete(entry); }
}
let n = 0;
async function iteration() { try { await handle(parse(n++).id); } catch (error) { if (error.message !== '502') throw error; } }
module.exports = { iteration };
