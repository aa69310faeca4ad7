'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const ejs = require('ejs');
const template = '<h1><%= user %></h1><% for (const item of items) { %><li><%= item %></li><% } %>';
let n = 0;
function iteration() {
  const user = 'user' + n++;
  const html = ejs.render(template, { user, items: [1, 2] }, { cache: true, filename: LEAKY ? 'page-' + user : 'page' });
  if (!html.includes('<li>2</li>')) throw new Error('bad');
}
module.exports = { iteration };
