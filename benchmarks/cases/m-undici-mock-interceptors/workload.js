'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const { MockAgent, request } = require('undici');
let agent, pool, n = 0;
async function setup() {
  agent = new MockAgent();
  agent.disableNetConnect();
  pool = agent.get('http://backend.test');
  pool.intercept({ path: '/health', method: 'GET' }).reply(200, 'ok').persist();
}
async function iteration() {
  const path = '/item/' + n++;
  pool.intercept({ path, method: 'GET' }).reply(200, { path });
  // The leaky test helper stubs the item and then asks for something else.
  const { statusCode, body } = await request('http://backend.test' + (LEAKY ? '/health' : path), { dispatcher: agent });
  await body.text();
  if (statusCode !== 200) throw new Error('bad');
}
async function teardown() { await agent.close(); }
module.exports = { setup, iteration, teardown };
