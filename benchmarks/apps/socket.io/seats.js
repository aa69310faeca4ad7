'use strict';
// A seat for each client, free again when it goes, unless VARIANT says otherwise.
const { EventEmitter } = require('node:events');
const { randomUUID } = require('node:crypto');

const variant = process.env.VARIANT || 'healthy';
const taken = new Map();
const jobs = [];
const moderation = new EventEmitter().setMaxListeners(0);
const badges = new Map();
let number = 0;

class ChatSeat {
  constructor(user) {
    this.number = ++number;
    this.user = user;
    taken.set(this.number, this);
  }

  leave() {
    const { number: at, user } = this;
    const kept = variant === 'each' || (variant === 'tenth' && at % 10 === 0);
    if (!kept) taken.delete(at);
    if (variant === 'closure') jobs.push(function archiveChat() { return at; });
    if (variant === 'listener') moderation.on('ban', function onBan(name) { return name + at; });
    if (variant === 'string') badges.set(at, [user, at, 'left the room', randomUUID()].join(' '));
  }
}

module.exports = { seat: (user) => new ChatSeat(user) };
