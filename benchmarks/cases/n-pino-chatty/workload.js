'use strict';
const { Writable } = require('stream');
const pino = require('pino');
let bytes = 0;
const sink = new Writable({ write(chunk, encoding, done) { bytes += chunk.length; done(); } });
const root = pino({ level: 'debug' }, sink);
let n = 0;
async function iteration() {
  const log = root.child({ requestId: 'r' + n++ });
  for (let i = 0; i < 5; i++) log.info({ step: i, user: { id: n } }, 'step done');
  log.debug('finished');
  if (n % 10 === 0) await new Promise((done) => setImmediate(done));
  if (!bytes) throw new Error('bad');
}
module.exports = { iteration };
