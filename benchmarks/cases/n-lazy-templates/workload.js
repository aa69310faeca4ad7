'use strict';
const Handlebars = require('handlebars');
const compiled = new Map();
let n = 0;
function render(id) {
  if (!compiled.has(id)) compiled.set(id, Handlebars.compile('<p class="c' + id + '">{{#each items}}<b>{{name}}</b>{{/each}}</p>'));
  return compiled.get(id)({ items: [{ name: 'x' }, { name: 'y' + id }] });
}
function iteration() { if (!render(n++ % 200).includes('<b>x</b>')) throw new Error('bad'); }
module.exports = { iteration };
