'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

class Settings { constructor() { this.level = 'info'; } }
const settings = new Settings();
const applied = [];
function iteration() {
  applied.push(settings);
  if (!LEAKY && applied.length > 100) applied.length = 0;
}
module.exports = { iteration };
