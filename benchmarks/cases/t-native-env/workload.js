'use strict';
// The request id is handed to child processes by way of the environment. glibc never frees
// what setenv() was given, because getenv() hands out pointers into it: each new text stays.
const LEAKY = process.env.VARIANT === 'leaky';
const context = { text: '' };
let n = 0;

function handOver(text) {
  if (LEAKY) process.env.REQUEST_CONTEXT = text;
  else context.text = text;
}

exports.iteration = () => {
  n++;
  handOver(JSON.stringify({ id: n, trace: 'abcdefghij'.repeat(200), at: Date.now() }));
};
