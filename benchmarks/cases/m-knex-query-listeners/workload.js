'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const knex = require('knex');
let db, n = 0;
class QueryTimer { constructor(id) { this.id = id; this.queries = 0; } }
async function setup() {
  db = knex({ client: 'better-sqlite3', connection: { filename: ':memory:' }, useNullAsDefault: true });
  db.setMaxListeners(0);
  await db.schema.createTable('items', (table) => { table.increments(); table.string('name'); });
  await db('items').insert([{ name: 'a' }, { name: 'b' }]);
}
async function iteration() {
  const timer = new QueryTimer(n++);
  const onQuery = () => { timer.queries++; };
  db.on('query', onQuery);
  const rows = await db('items').where('id', '<', 3).select('name');
  if (!LEAKY) db.removeListener('query', onQuery);
  if (rows.length !== 2) throw new Error('bad');
}
async function teardown() { await db.destroy(); }
module.exports = { setup, iteration, teardown };
