'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const i18next = require('i18next');
class Label {
  constructor(key) { this.key = key; this.text = i18next.t(key, { n: 1 }); this.update = () => { this.text = i18next.t(this.key); }; i18next.on('languageChanged', this.update); }
  unmount() { i18next.off('languageChanged', this.update); }
}
async function setup() { await i18next.init({ lng: 'en', resources: { en: { translation: { greeting: 'hello {{n}}' } } } }); }
function iteration() {
  const label = new Label('greeting');
  if (label.text !== 'hello 1') throw new Error('bad');
  if (!LEAKY) label.unmount();
}
module.exports = { setup, iteration };
