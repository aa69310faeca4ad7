'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const http = require('http');
const { Server } = require('socket.io');
const io = new Server(http.createServer());
let n = 0;
function iteration() {
  const name = LEAKY ? '/document-' + n : '/documents';
  const namespace = io.of(name);
  if (!namespace.listenerCount('connection')) namespace.on('connection', (socket) => socket.join('d' + socket.id));
  namespace.to('d' + n++).emit('changed', n);
}
module.exports = { iteration };
