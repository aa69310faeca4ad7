'use strict';
const { Readable, Transform, Writable, promises } = require('stream');
const zlib = require('zlib');
class Upper extends Transform { _transform(chunk, encoding, done) { done(null, chunk.toString().toUpperCase()); } }
let n = 0;
async function iteration() {
  const id = n++;
  let bytes = 0;
  const sink = new Writable({ write(chunk, encoding, done) { bytes += chunk.length; done(id % 10 === 9 ? new Error('disk full') : null); } });
  try {
    await promises.pipeline(Readable.from(['line ' + id, ' and more'.repeat(20)]), new Upper(), zlib.createGzip({ level: 1 }), sink);
  } catch (error) {
    if (error.message !== 'disk full') throw error;
  }
  if (!bytes) throw new Error('bad');
}
module.exports = { iteration };
