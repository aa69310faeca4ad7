'use strict';
const locales = ['en', 'de', 'fr', 'nl', 'ja', 'pl', 'sv', 'pt'];
const styles = [{ style: 'percent' }, { maximumFractionDigits: 1 }, { style: 'unit', unit: 'byte' }, { notation: 'compact' }, { style: 'currency', currency: 'EUR' }, { minimumIntegerDigits: 3 }];
const formats = new Map();
let n = 0;
function iteration() {
  const locale = locales[n % 8], style = styles[(n >> 3) % 6];
  const key = locale + JSON.stringify(style);
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(locale, style));
  if (!formats.get(key).format(n % 1000)) throw new Error('bad');
  new Date(n * 86400000).toISOString();
  n++;
}
module.exports = { iteration };
