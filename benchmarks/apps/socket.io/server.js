'use strict';
// A chat: a client comes, joins a room, says something, and goes.
const http = require('node:http');
const { Server } = require('socket.io');
const { seat } = require('./seats');

const server = http.createServer((request, response) => response.end('a chat'));
const io = new Server(server, { serveClient: false });
io.use((socket, next) => {
  socket.data.user = socket.handshake.auth.user ?? 'nobody';
  next();
});
io.on('connection', (socket) => {
  const place = seat(socket.data.user);
  socket.on('join', (room) => { socket.join(room); });
  socket.on('say', (room, text, done) => {
    io.to(room).emit('line', { user: socket.data.user, text });
    done({ said: text.length, seat: place.number });
  });
  socket.on('disconnect', () => { place.leave(); });
});
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
