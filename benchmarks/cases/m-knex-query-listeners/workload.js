'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const knex = require('knex');
let db, n = 0;
// A database of two rows, so that no native driver is needed.
class MemoryClient extends knex.Client {
  _driver() { return {}; }
  async acquireRawConnection() { return [{ name: 'a' }, { name: 'b' }]; }
  async destroyRawConnection() {}
  async _query(connection, query) { await null; query.response = connection; return query; }
  processResponse(query) { return query.response; }
}
Object.assign(MemoryClient.prototype, { dialect: 'memory', driverName: 'memory' });
class QueryTimer { constructor(id) { this.id = id; this.queries = 0; } }
async function setup() {
  db = knex({ client: MemoryClient, connection: {} });
  db.setMaxListeners(0);
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
