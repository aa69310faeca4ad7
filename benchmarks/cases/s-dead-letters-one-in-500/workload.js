'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

class DeadLetter { constructor(id, body) { this.id = id; this.body = body; } }
const dead = new Map();
let n = 0;
function reject(letter) {
  const one = new DeadLetter(letter.id, letter);
  if (LEAKY) dead.set(one.id, one);
}
function iteration() {
  const letter = JSON.parse(JSON.stringify({ id: n++, to: 'x@y', parts: [1, 2, 3] }));
  if (letter.id % 500 === 499) reject(letter);
}
module.exports = { iteration };
