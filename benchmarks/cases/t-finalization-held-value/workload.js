'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

let closed = 0;
const registry = new FinalizationRegistry((held) => { closed += held.count; });
class TempFile { constructor(name) { this.name = name; this.blocks = [1, 2, 3]; } }
let n = 0;
function iteration() {
  const file = new TempFile('upload-' + n++);
  registry.register(file, LEAKY ? { file, count: 1 } : { name: file.name, count: 1 });
}
module.exports = { iteration };
