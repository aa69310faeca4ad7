'use strict';
// Replies come as events named by the request, as socket.io-client did it.
const Emitter = require('emitter-' + process.env.VARIANT);
const channel = new Emitter();
let n = 0;
function iteration() {
  const event = 'reply:' + n++;
  let got = 0;
  const onReply = (value) => { got = value; };
  channel.on(event, onReply);
  channel.emit(event, n);
  channel.off(event, onReply);
  if (got !== n) throw new Error('bad');
}
module.exports = { iteration };
