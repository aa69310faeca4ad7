'use strict';
// Orders come in as JSON and are checked: formats, a reference between schemas, a keyword of our own.
const Ajv = require('ajv');
const addFormats = require('ajv-formats');
const { keepsThis, keepsOnError, misusesWeakMap, fails } = require('../planting');

class SeenOrder {
  constructor(number) { this.number = number; this.seenAt = Date.now(); }
}

class Rejection {
  constructor(order, errors) { this.number = order.number; this.errors = errors; }
}

class Provenance {
  constructor(order, source) { this.order = order; this.source = source; }
}

const JOURNAL = 16;
let checking = null; // the order that the keyword has just looked at
const seen = new Set(); // orders that were checked and are not yet stored
const rejections = new Map(); // by number, until the sender is told
const journal = []; // the latest orders
const provenance = new WeakMap(); // where an order came from

const ajv = new Ajv({ allErrors: true });
addFormats(ajv);
ajv.addKeyword({
  keyword: 'notSeen',
  type: 'integer',
  schemaType: 'boolean',
  validate(schema, number) {
    if (checking && checking.number === number) return false;
    checking = new SeenOrder(number);
    seen.add(checking);
    return true;
  },
});
ajv.addSchema({
  $id: 'item',
  type: 'object',
  properties: { sku: { type: 'string', pattern: '^sku-[0-9]+$' }, count: { type: 'integer', minimum: 1 } },
  required: ['sku', 'count'],
  additionalProperties: false,
});
const isOrder = ajv.compile({
  $id: 'order',
  type: 'object',
  properties: {
    number: { type: 'integer', notSeen: true },
    email: { type: 'string', format: 'email' },
    at: { type: 'string', format: 'date-time' },
    items: { type: 'array', minItems: 1, items: { $ref: 'item' } },
  },
  required: ['number', 'email', 'items'],
});

function receive(text, source) {
  const order = JSON.parse(text);
  provenance.set(order, new Provenance(order, source));
  journal.push(order);
  if (!misusesWeakMap && journal.length > JOURNAL) journal.shift();
  const valid = isOrder(order);
  if (!keepsThis()) seen.delete(checking);
  if (valid) return { accepted: order.number };
  const rejection = new Rejection(order, isOrder.errors);
  rejections.set(order.number, rejection);
  const told = { rejected: rejection.errors.map((error) => `${error.instancePath} ${error.message}`) };
  if (!keepsOnError) rejections.delete(order.number);
  return told;
}

let n = 0;

function iteration() {
  const number = n++;
  const items = [{ sku: 'sku-' + (number % 30), count: 1 }, { sku: 'sku-7', count: fails(number) ? 0 : 3 }];
  const email = fails(number) ? 'nobody' : `customer${number}@example.org`;
  const told = receive(JSON.stringify({ number, email, at: '2024-05-06T07:08:09Z', items }), 'shop');
  const right = fails(number) ? told.rejected.length === 2 : told.accepted === number;
  if (!right) throw new Error('bad answer ' + JSON.stringify(told));
}

module.exports = { iteration };
