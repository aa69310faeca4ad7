'use strict';
// Support tickets: a session for each agent, pages from templates, JSON with schemas.
const Fastify = require('fastify');
const path = require('node:path');
const ejs = require('ejs');
const { auditTicket } = require('./audit');

const tickets = Array.from({ length: 50 }, (_, id) => ({
  id,
  title: `Printer ${id} is on fire`,
  open: id % 3 !== 0,
  comments: Array.from({ length: 6 }, (_, n) => ({ by: `agent ${n}`, text: `Comment ${n} on ticket ${id}` })),
}));

const app = Fastify({ logger: false });
app.register(require('@fastify/cookie'));
app.register(require('@fastify/session'), {
  secret: 'a secret with a minimum length of 32 characters',
  cookie: { secure: false, maxAge: 3600_000 },
  saveUninitialized: false,
});
app.register(require('@fastify/view'), { engine: { ejs }, root: path.join(__dirname, 'views'), production: true });

app.post('/login', {
  schema: { body: { type: 'object', required: ['user'], properties: { user: { type: 'string' } } } },
}, async (request) => {
  request.session.user = request.body.user;
  return { user: request.body.user };
});
app.get('/tickets/:id', {
  schema: { params: { type: 'object', properties: { id: { type: 'integer', minimum: 0, maximum: 49 } } } },
}, async (request, reply) => {
  const { user } = request.session;
  if (!user) return reply.code(401).send({ message: 'log in first' });
  const ticket = tickets[request.params.id];
  const { at } = auditTicket(user, ticket);
  reply.header('x-seen-at', at);
  return reply.view('ticket.ejs', { ticket, user });
});

app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' }).then((address) => {
  console.log(`listening on ${address}`);
});
