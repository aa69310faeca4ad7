'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const durations = [];
let n = 0;
function iteration() {
  durations.push(0.25 + (n++ % 900) / 7);
  if (!LEAKY && durations.length > 500) durations.splice(0, 250);
}
module.exports = { iteration };
