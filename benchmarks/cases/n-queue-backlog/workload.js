'use strict';
// Producers are faster for 350 iterations, consumers for the next 350.
class QueuedJob { constructor(id) { this.id = id; this.payload = { a: id, b: [id] }; } }
const queue = [];
let n = 0, done = 0;
async function iteration() {
  const busy = Math.floor(n / 350) % 2 === 0;
  for (let i = 0; i < (busy ? 2 : 0); i++) queue.push(new QueuedJob(n));
  await null;
  for (let i = 0; i < (busy ? 1 : 1) && queue.length; i++) { done += queue.shift().id >= 0 ? 1 : 0; }
  n++;
}
module.exports = { iteration };
