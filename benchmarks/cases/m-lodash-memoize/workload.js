'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const memoize = require('lodash.memoize');
class Report { constructor(day) { this.day = day; this.lines = [day, day + 1]; } }
const report = memoize((day) => new Report(day), LEAKY ? undefined : (day) => day % 31);
let n = 0;
function iteration() { if (!report(n++).lines.length) throw new Error('bad'); }
module.exports = { iteration };
