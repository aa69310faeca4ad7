'use strict';
class Message { constructor(id) { this.id = id; this.body = 'text'; } }
const queue = [];
let n = 0, taken = 0;
function iteration() {
  if (n++ % 100 < 50) queue.push(new Message(n), new Message(-n));
  else for (let i = 0; i < 2; i++) taken += queue.shift().id === 0 ? 0 : 1;
}
module.exports = { iteration };
