'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const tasks = [];
class Step { constructor(task, index) { this.task = task; this.index = index; } }
function* task(id) {
  for (let index = 0; index < 3; index++) yield new Step(id, index);
}
let n = 0;
function iteration() {
  const running = task(n++);
  tasks.push(running);
  running.next();
  running.next();
  if (LEAKY) return;
  running.return();
  tasks.splice(tasks.indexOf(running), 1);
}
module.exports = { iteration };
