'use strict';
// Order pages: a layout, a mixin, helpers that the templates call.
const path = require('path');
const pug = require('pug');
const { keepsThis, keepsOnError, misusesWeakMap, fails } = require('../planting');

class TemplateContext {
  constructor(title, previous) { this.title = title; this.previous = previous; this.stamps = []; }
}

class BrokenPage {
  constructor(locals, error) { this.number = locals.order.number; this.reason = error.message.slice(-60); }
}

class RenderMetrics {
  constructor(length, started) { this.length = length; this.ms = Date.now() - started; }
}

let current = null; // the page that is being rendered; .previous is the page that includes it
const broken = []; // pages to be rendered again
const metrics = new WeakMap(); // by template
const render = pug.compileFile(path.join(__dirname, 'views', 'order.pug'));
metrics.set(render, []);

const helpers = {
  money: (cents) => (cents / 100).toFixed(2) + ' EUR',
  stamp(place) {
    current.stamps.push(place);
    return `${place} of ${current.title}`;
  },
};

function page(locals) {
  const started = Date.now();
  const title = 'Order ' + locals.order.number;
  current = new TemplateContext(title, current);
  try {
    const html = render({ title, ...helpers, ...locals });
    const measured = metrics.get(render);
    if (!misusesWeakMap) measured.length = 0;
    measured.push(new RenderMetrics(html.length, started));
    return html;
  } catch (error) {
    const failed = new BrokenPage(locals, error);
    broken.push(failed);
    return again(failed);
  } finally {
    if (!keepsThis()) current = current.previous;
  }
}

function again(failed) {
  const text = `Order ${failed.number} cannot be shown`;
  if (!keepsOnError) broken.pop();
  return text;
}

let n = 0;

function iteration() {
  const id = n++;
  const items = [{ name: 'Tea', price: 450, count: 1 + (id % 3) }, { name: 'Cup & saucer', price: 1250, count: 2 }];
  const customer = fails(id) ? undefined : { name: 'Customer <' + id + '>' };
  const html = page({ order: { number: id, customer, items, gift: id % 2 ? '<b>Bob</b>' : '' } });
  const right = html.includes(fails(id) ? 'cannot be shown' : `footer of Order ${id}</footer>`);
  if (!right) throw new Error('bad page ' + html);
}

module.exports = { iteration };
