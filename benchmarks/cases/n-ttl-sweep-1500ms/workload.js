'use strict';
const cache = new Map();
class Token { constructor(id) { this.id = id; this.createdAt = Date.now(); } }
const sweep = () => {
  const limit = Date.now() - 1500;
  for (const [id, token] of cache) if (token.createdAt < limit) cache.delete(id);
};
let timer, n = 0;
async function setup() { timer = setInterval(sweep, 250); }
async function iteration() {
  const id = n++;
  cache.set(id, new Token(id));
  await new Promise((done) => setTimeout(done, 1));
}
async function teardown() { clearInterval(timer); }
module.exports = { setup, iteration, teardown };
