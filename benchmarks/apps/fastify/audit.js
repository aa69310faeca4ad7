'use strict';
// Who looked at which ticket: written for each page, and let go of, unless VARIANT says otherwise.
const { EventEmitter } = require('node:events');
const { randomUUID } = require('node:crypto');

const variant = process.env.VARIANT || 'healthy';
const trail = [];
const undo = [];
const labels = new Map();
const changes = new EventEmitter().setMaxListeners(0);
let seen = 0;

class TicketAudit {
  constructor(user, ticket) {
    this.user = user;
    this.ticket = ticket.id;
    this.at = Date.now();
  }
}

function auditTicket(user, ticket) {
  const entry = new TicketAudit(user, ticket);
  const id = ticket.id;
  seen++;
  switch (variant) {
    case 'each': trail.push(entry); break;
    case 'tenth': if (seen % 10 === 0) trail.push(entry); break;
    case 'closure': undo.push(function unseeTicket() { return id; }); break;
    case 'listener': changes.on('ticket', function refreshTicket(changed) { return changed === id; }); break;
    case 'string': labels.set(`ticket ${id} for ${user} ${randomUUID()}`, seen); break;
  }
  return entry;
}

module.exports = { auditTicket };
