'use strict';
class RunningJob { constructor(id) { this.id = id; } }
const running = new Set();
const order = [];
let n = 0;
function iteration() {
  const job = new RunningJob(n++);
  running.add(job);
  order.push(job);
  if (order.length > 300) running.delete(order.shift());
}
module.exports = { iteration };
