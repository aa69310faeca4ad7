'use strict';
class Attempt { constructor(id) { this.id = id; this.log = []; } }
function withTimeout(promise, attempt) {
  const late = new Promise((resolve, reject) => {
    setTimeout(() => { attempt.log.push('late'); reject(new Error('late ' + attempt.id)); }, 1000);
  });
  late.catch(() => {});
  return Promise.race([promise, late]);
}
let n = 0;
async function iteration() {
  const attempt = new Attempt(n++);
  const value = await withTimeout(new Promise((done) => setTimeout(done, 1, attempt.id)), attempt);
  if (value !== attempt.id) throw new Error('bad');
}
module.exports = { iteration };
