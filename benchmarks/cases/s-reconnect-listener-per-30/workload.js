'use strict';
const LEAKY = process.env.VARIANT === 'leaky';
const parse = (n) => JSON.parse(JSON.stringify({ id: n, path: '/item/' + (n % 50), tags: ['a', 'b'] }));

const { EventEmitter } = require('events');
const bus = new EventEmitter();
bus.setMaxListeners(0);
class Connection {
  constructor(serial) { this.serial = serial; this.onFlush = () => { this.flushed = true; }; }
  open() { bus.on('flush', this.onFlush); }
  close() { if (!LEAKY) bus.removeListener('flush', this.onFlush); }
}
let connection = new Connection(0), n = 0;
connection.open();
function iteration() {
  if (parse(++n).id % 30) return;
  connection.close();
  connection = new Connection(n);
  connection.open();
}
module.exports = { iteration };
