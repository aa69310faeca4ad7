'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const Fastify = require('fastify');
const running = new Map();
class RequestTrace { constructor(id, url) { this.id = id; this.url = url; this.marks = [0]; } }
let app, n = 0;
async function setup() {
  app = Fastify();
  app.addHook('onRequest', async (request) => { running.set(request.id, new RequestTrace(request.id, request.url)); });
  app.addHook('onResponse', async (request, reply) => { if (!LEAKY || reply.statusCode === 200) running.delete(request.id); });
  app.get('/item/:id', async (request, reply) => (request.params.id % 2 ? { id: request.params.id } : reply.code(404).send({ missing: true })));
  await app.ready();
}
async function iteration() {
  const reply = await app.inject({ method: 'GET', url: '/item/' + n++ });
  if (reply.statusCode !== (n % 2 ? 404 : 200)) throw new Error('bad');
}
async function teardown() { await app.close(); }
module.exports = { setup, iteration, teardown };
