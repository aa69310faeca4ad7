'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const winston = require('winston');
const { Writable } = require('stream');
const lines = new winston.transports.Stream({ stream: new Writable({ write(chunk, encoding, done) { done(); } }) });
lines.setMaxListeners(0);
const root = winston.createLogger({ transports: [lines] });
let n = 0;
async function iteration() {
  const log = LEAKY ? winston.createLogger({ transports: [lines], defaultMeta: { request: n } }) : root.child({ request: n });
  log.info('request ' + n++);
  await new Promise((done) => setImmediate(done));
}
module.exports = { iteration };
