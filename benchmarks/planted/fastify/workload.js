'use strict';
// Support tickets: a schema for each route, a trace of each request, an audit log written in batches.
const Fastify = require('fastify');
const JsonClient = require('../json-client');
const { keepsThis, keepsOnError, misusesWeakMap, fails } = require('../planting');

class AuditRecord {
  constructor(request, status) { this.method = request.method; this.url = request.url; this.status = status; }
}

class RequestTrace {
  constructor(request) { this.request = request; this.marks = ['start']; }
}

class FailureReport {
  constructor(request, error) { this.url = request.url; this.error = error; this.seen = false; }
}

const BATCH = 20;
let audit = []; // not yet written
const archive = []; // for the report of the month
const failures = []; // for the page of diagnostics: the latest
const traces = new WeakMap(); // by request
const slow = []; // the slowest requests: a handful

function writeAudit() {
  const batch = audit;
  audit = [];
  for (const record of batch) if (keepsThis()) archive.push(record);
}

const ticket = { type: 'object', properties: { id: { type: 'integer' }, title: { type: 'string' }, open: { type: 'boolean' } } };
const key = { type: 'object', properties: { id: { type: 'integer' } } };
const app = Fastify();
app.addHook('onRequest', async (request) => {
  traces.set(request, new RequestTrace(request));
  slow.push(request);
  if (!misusesWeakMap && slow.length > 5) slow.shift();
});
app.addHook('preHandler', async (request) => { traces.get(request).marks.push('handler'); });
app.addHook('onResponse', async (request, reply) => {
  traces.get(request).marks.push('done');
  if (request.method === 'POST') audit.push(new AuditRecord(request, reply.statusCode));
  if (audit.length >= BATCH) writeAudit();
});
app.setErrorHandler((error, request, reply) => {
  failures.push(new FailureReport(request, error));
  if (!keepsOnError && failures.length > 5) failures.shift();
  reply.code(error.statusCode || 500).send({ message: error.message });
});
app.get('/tickets/:id', { schema: { params: key, response: { 200: ticket } } }, async (request) => {
  return { id: request.params.id, title: 'Ticket ' + request.params.id, open: true };
});
app.post('/tickets', { schema: { body: { ...ticket, required: ['id', 'title'] } } }, async (request, reply) => {
  if (request.body.title === '') throw new Error('no title: ' + request.body.id);
  reply.code(201);
  return { id: request.body.id };
});

let client, n = 0;

async function setup() {
  await app.listen({ port: 0, host: '127.0.0.1' });
  client = new JsonClient(app.server.address().port);
}

async function iteration() {
  const id = n++;
  const found = await client.call('GET', '/tickets/' + (id % 50));
  const made = await client.call('POST', '/tickets', { id, title: fails(id) ? '' : 'printer ' + id });
  if (found.body.id !== id % 50 || made.status !== (fails(id) ? 500 : 201)) throw new Error('bad answer ' + made.status);
}

async function teardown() { client.close(); app.server.closeAllConnections(); await app.close(); }
module.exports = { setup, iteration, teardown };
