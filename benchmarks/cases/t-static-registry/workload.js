'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

class Widget {
  static instances = [];
  #label;
  constructor(label) { this.#label = label; Widget.instances.push(this); }
  get label() { return this.#label; }
  destroy() { if (!LEAKY) Widget.instances.splice(Widget.instances.indexOf(this), 1); }
}
let n = 0;
function iteration() { const widget = new Widget('w' + n++); if (!widget.label) throw new Error('bad'); widget.destroy(); }
module.exports = { iteration };
