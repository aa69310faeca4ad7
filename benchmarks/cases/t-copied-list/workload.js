'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

// As reducers do: the whole state is new after each action, and what it holds is longer by one.
let state = { filter: 'all', viewed: [] };
let n = 0;
function reduce(before, id) {
  const viewed = LEAKY ? [...before.viewed, id] : [...before.viewed.slice(-40), id];
  return { ...before, viewed };
}
function iteration() {
  n++;
  if (n % 5 === 0) state = reduce(state, n);
  JSON.parse('{"type":"opened"}');
}
module.exports = { iteration };
