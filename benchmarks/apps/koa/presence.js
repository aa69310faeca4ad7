'use strict';
// Who is reading now: one reader for each request, gone when it has been answered, unless VARIANT
// says otherwise.
const { randomUUID } = require('node:crypto');

const variant = process.env.VARIANT || 'healthy';
let readers = null; // the first of a linked list
const goodbyes = {};
const agents = [];
let count = 0;
process.setMaxListeners(0);

class ReaderPresence {
  constructor(path) {
    this.id = ++count;
    this.path = path;
    this.next = null;
  }
}

function remember(ctx) {
  const reader = new ReaderPresence(ctx.path);
  const { id } = reader;
  if (variant === 'each' || (variant === 'tenth' && id % 10 === 0)) {
    reader.next = readers;
    readers = reader;
  } else if (variant === 'closure') {
    goodbyes[`reader-${id}`] = function sayGoodbye() { count -= id; };
  } else if (variant === 'listener') {
    process.on('SIGHUP', function dropReader() { count -= id; });
  } else if (variant === 'string') {
    agents.push([ctx.method, ctx.path, randomUUID()].join(' '));
  }
  return reader;
}

module.exports = { remember };
