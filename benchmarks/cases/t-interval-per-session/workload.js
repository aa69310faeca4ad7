'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

class Session {
  constructor(id) {
    this.id = id;
    this.seen = Date.now();
    this.heartbeat = setInterval(() => { this.seen = Date.now(); }, 30000);
    this.heartbeat.unref();
  }
  close() { if (!LEAKY) clearInterval(this.heartbeat); }
}
let n = 0;
function iteration() { const session = new Session(n++); session.close(); }
module.exports = { iteration };
