'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const { JSDOM } = require('jsdom');
let n = 0;
function iteration() {
  const dom = new JSDOM('<p id="x"></p>', { runScripts: 'outside-only' });
  dom.window.eval('let ticks = 0; setInterval(() => { ticks++; }, 60000); document.getElementById("x").textContent = "page";');
  if (dom.window.document.getElementById('x').textContent !== 'page') throw new Error('bad ' + n++);
  if (LEAKY) dom.window.stop(); else dom.window.close();
}
module.exports = { iteration };
