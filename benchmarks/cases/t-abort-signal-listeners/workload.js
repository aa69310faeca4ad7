'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const shutdown = new AbortController();
require('events').setMaxListeners(0, shutdown.signal);
class Download {
  constructor(id) { this.id = id; this.parts = []; this.cancel = () => { this.parts.length = 0; }; }
  async run(signal) {
    signal.addEventListener('abort', this.cancel, { once: true });
    await null;
    this.parts.push(this.id);
    if (!LEAKY) signal.removeEventListener('abort', this.cancel);
    return this.parts.length;
  }
}
let n = 0;
async function iteration() { if ((await new Download(n++).run(shutdown.signal)) !== 1) throw new Error('bad'); }
module.exports = { iteration };
