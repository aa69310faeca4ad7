'use strict';
// A server with a leak, to be found by two heap snapshots: GET /heapdump writes one.
const http = require('http');
const v8 = require('v8');

const LEAKY = process.env.VARIANT !== 'fixed';
class LeakingClass { constructor(url) { this.url = url; this.at = Date.now(); } }
const leaks = [];

const server = http.createServer((request, response) => {
  if (request.url === '/heapdump') {
    response.end(v8.writeHeapSnapshot(`heapdump-${leaks.length}.heapsnapshot`) + '\n');
    return;
  }
  const made = new LeakingClass(request.url);
  if (LEAKY) leaks.push(made);
  response.end('Hello World\n');
});
if (require.main === module) {
  server.listen(process.env.PORT || 1337, '127.0.0.1', () => console.log(server.address().port));
}
module.exports = server;
