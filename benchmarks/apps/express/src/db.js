'use strict';
// The shop's database: SQLite, by way of Drizzle.
const { createClient } = require('@libsql/client');
const { drizzle } = require('drizzle-orm/libsql');
const { sqliteTable, integer, text } = require('drizzle-orm/sqlite-core');

const customers = sqliteTable('customers', {
  id: integer('id').primaryKey(),
  name: text('name').notNull(),
});
const orders = sqliteTable('orders', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  customer: integer('customer').notNull().references(() => customers.id),
  sku: text('sku').notNull(),
  quantity: integer('quantity').notNull(),
});

async function open() {
  const client = createClient({ url: ':memory:' });
  const db = drizzle(client, { schema: { customers, orders } });
  await client.executeMultiple(`
    create table customers (id integer primary key, name text not null);
    create table orders (
      id integer primary key autoincrement, customer integer not null references customers (id),
      sku text not null, quantity integer not null);
  `);
  await db.insert(customers).values([{ id: 1, name: 'Ada' }, { id: 2, name: 'Bob' }]);
  await db.insert(orders).values(
    Array.from({ length: 60 }, (_, n) => ({ customer: 1 + (n % 2), sku: `sku-${n % 12}`, quantity: 1 + (n % 5) })),
  );
  return db;
}

module.exports = { open, customers, orders };
