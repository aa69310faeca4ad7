'use strict';
let tail = Promise.resolve(0), n = 0;
async function iteration() {
  n++;
  tail = tail.then((sum) => sum + 1);
  if (n % 40 === 0) await tail;
  const results = await Promise.allSettled([Promise.resolve(n), Promise.reject(new Error('expected')), new Promise((done) => queueMicrotask(done))]);
  if (results[1].status !== 'rejected') throw new Error('bad');
}
module.exports = { iteration };
