'use strict';
// Invoices are drawn up for each request and let go of, unless VARIANT says otherwise.
const { EventEmitter } = require('node:events');
const { createHash } = require('node:crypto');

const variant = process.env.VARIANT || 'healthy';
const rates = new EventEmitter().setMaxListeners(0); // tells of new tax rates
const fingerprints = [];
let number = 0;

class InvoiceDraft {
  static open = new Map(); // drafts by number
  static reminders = new Set();

  constructor(customer, lines) {
    this.number = ++number;
    this.customer = customer;
    this.total = lines.reduce((sum, line) => sum + line.quantity * 100, 0);
  }
}

function remind(customer) {
  const count = number;
  return () => `${customer} has not paid ${count}`;
}

function drawUp(customer, lines) {
  const draft = new InvoiceDraft(customer, lines);
  InvoiceDraft.open.set(draft.number, draft);
  const kept = variant === 'each' || (variant === 'tenth' && draft.number % 10 === 0);
  if (!kept) InvoiceDraft.open.delete(draft.number);
  if (variant === 'closure') InvoiceDraft.reminders.add(remind(customer));
  if (variant === 'listener') {
    const { total } = draft;
    rates.on('rate', function recomputeInvoice(rate) { return total * rate; });
  }
  if (variant === 'string') {
    fingerprints.push(createHash('sha256').update(`${customer} ${draft.number}`).digest('hex'));
  }
  return draft;
}

module.exports = { drawUp };
