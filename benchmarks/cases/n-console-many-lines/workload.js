'use strict';
class LoggedRequest { constructor(id) { this.id = id; this.headers = { host: 'h' + id, accept: '*/*' }; } }
let n = 0;
async function iteration() {
  const request = new LoggedRequest(n++);
  console.log('request', request);
  console.error('slow: %o', request.headers);
  console.info('%s took %d ms', request.id, n % 50);
  if (n % 20 === 0) await new Promise((done) => setImmediate(done));
}
module.exports = { iteration };
