'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

class Receipt { constructor(of) { this.of = of; } }
const backlog = Array.from({ length: 400000 }, (_, i) => ({ i, to: 'user' + i, lines: [i] }));
const receipts = [];
function iteration() {
  const job = backlog.pop();
  if (!job) return;
  const receipt = new Receipt(job.i);
  if (LEAKY) receipts.push(receipt);
}
module.exports = { iteration };
