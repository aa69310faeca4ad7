'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const { PassThrough, Writable } = require('stream');
const sink = new Writable({ write(chunk, encoding, done) { done(); } });
sink.setMaxListeners(0);
class UploadSource extends PassThrough {}
let n = 0;
async function iteration() {
  const source = new UploadSource();
  source.pipe(sink, { end: false });
  source.write('chunk ' + n++);
  await new Promise((done) => setImmediate(done));
  if (!LEAKY) { source.unpipe(sink); source.destroy(); }
}
module.exports = { iteration };
