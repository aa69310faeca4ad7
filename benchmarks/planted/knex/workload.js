'use strict';
// Orders in a database: rows become records, a transaction, a unique constraint, statistics.
const knex = require('knex');
const { keepsThis, keepsOnError, misusesWeakMap, fails } = require('../planting');

class OrderRecord {
  constructor(row) { this.id = row.id; this.sku = row.sku; this.customer = row.customer; }
}

class FailedWrite {
  constructor(sku, error) { this.sku = sku; this.code = error.code; this.error = error; }
}

class StatementLog {
  constructor(sql, bindings) { this.sql = sql; this.bindings = bindings; }
}

const LATEST = 20;
const identities = new Map(); // one record for each row in use, by id
const retries = []; // writes that will be tried again
const statements = new WeakMap(); // the latest statements of each database

function open() {
  const db = knex({
    client: 'sqlite3',
    connection: { filename: ':memory:' },
    pool: { min: 1, max: 1 },
    useNullAsDefault: true,
  });
  statements.set(db, []);
  db.on('query', ({ sql, bindings }) => {
    const latest = statements.get(db);
    latest.push(new StatementLog(sql, bindings));
    if (!misusesWeakMap && latest.length > LATEST) latest.shift();
  });
  return db;
}

function toRecord(row) {
  let record = identities.get(row.id);
  if (!record) identities.set(row.id, record = new OrderRecord(row));
  return record;
}

async function order(db, sku, customer) {
  const [id] = await db('orders').insert({ sku, customer });
  const row = await db('orders').join('customers', 'customers.id', 'orders.customer')
    .where('orders.id', id).first('orders.id', 'orders.sku', 'customers.name as customer');
  return toRecord(row);
}

async function ship(db, record) {
  await db('orders').where('id', record.id).delete();
  if (!keepsThis()) identities.delete(record.id);
}

async function register(db, sku) {
  try {
    await db('products').insert({ sku });
    return true;
  } catch (error) {
    retries.push(new FailedWrite(sku, error));
    return retry();
  }
}

function retry() {
  const failed = retries[retries.length - 1];
  const hopeless = failed.code === 'SQLITE_CONSTRAINT';
  if (hopeless && !keepsOnError) retries.pop();
  return false;
}

let db, n = 0;

async function setup() {
  db = open();
  await db.schema.createTable('customers', (table) => { table.increments('id'); table.string('name'); });
  await db.schema.createTable('products', (table) => { table.string('sku').primary(); });
  await db.schema.createTable('orders', (table) => {
    table.increments('id');
    table.string('sku').index();
    table.integer('customer').references('customers.id');
  });
  await db('customers').insert([{ name: 'Ada' }, { name: 'Bob' }]);
  await db('products').insert({ sku: 'sku-0' });
}

async function iteration() {
  const id = n++;
  const record = await order(db, 'sku-' + (id % 10), 1 + (id % 2));
  if (record.customer !== (id % 2 ? 'Bob' : 'Ada')) throw new Error('bad record ' + JSON.stringify(record));
  await ship(db, record);
  if (fails(id) && await register(db, 'sku-0')) throw new Error('registered twice');
}

async function teardown() { await db.destroy(); }
module.exports = { setup, iteration, teardown };
