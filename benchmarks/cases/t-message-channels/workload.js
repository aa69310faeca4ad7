'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const { MessageChannel } = require('worker_threads');
class Rpc {
  constructor(id) {
    const { port1, port2 } = new MessageChannel();
    this.id = id;
    this.near = port1;
    this.far = port2;
    this.far.on('message', (value) => this.far.postMessage(value + 1));
    this.near.unref();
    this.far.unref();
  }
  ask(value) {
    return new Promise((done) => { this.near.once('message', done); this.near.postMessage(value); });
  }
  close() { if (!LEAKY) { this.near.close(); this.far.close(); } else { this.near.unref(); } }
}
let n = 0;
async function iteration() {
  const rpc = new Rpc(n);
  if ((await rpc.ask(n)) !== n++ + 1) throw new Error('bad');
  rpc.close();
}
module.exports = { iteration };
