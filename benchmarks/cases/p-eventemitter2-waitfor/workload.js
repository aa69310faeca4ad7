'use strict';
const { EventEmitter2 } = require('ee2-' + process.env.VARIANT);
const bus = new EventEmitter2({ maxListeners: 0 });
let n = 0;
async function iteration() {
  const id = n++;
  const waiting = bus.waitFor('ready', { handleError: true });
  bus.emit('ready', null, id);
  const [got] = await waiting;
  if (got !== id) throw new Error('bad');
}
module.exports = { iteration };
