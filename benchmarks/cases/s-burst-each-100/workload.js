'use strict';
const LEAKY = process.env.VARIANT === 'leaky';
const parse = (n) => JSON.parse(JSON.stringify({ id: n, path: '/item/' + (n % 50), tags: ['a', 'b'] }));

class ReportRow { constructor(page, row) { this.page = page; this.row = row; } }
let pages = [];
let n = 0;
function iteration() {
  if (parse(++n).id % 100) return;
  const rows = [0, 1, 2, 3, 4].map((row) => new ReportRow(n, row));
  pages = LEAKY ? pages.concat(rows) : rows;
}
module.exports = { iteration };
