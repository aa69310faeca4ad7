'use strict';
// A shop: customers log in, put things into a cart, order, and look at their orders.
const express = require('express');
const session = require('express-session');
const { and, desc, eq, sql } = require('drizzle-orm');
const { open, customers, orders } = require('./db');
const { drawUp } = require('./invoices');

async function main() {
  const db = await open();
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json());
  app.use(session({ secret: 'keyboard cat', resave: false, saveUninitialized: false, cookie: { maxAge: 3600_000 } }));

  app.post('/login', async (request, response) => {
    const customer = await db.query.customers.findFirst({ where: eq(customers.name, request.body.name) });
    if (!customer) return response.status(401).json({ message: 'who are you?' });
    request.session.customer = customer;
    response.json({ hello: customer.name });
  });
  app.use((request, response, next) => {
    if (request.session.customer) next();
    else response.status(401).json({ message: 'log in first' });
  });
  app.get('/orders', async (request, response) => {
    const { customer } = request.session;
    const lines = await db
      .select({ id: orders.id, sku: orders.sku, quantity: orders.quantity, name: customers.name })
      .from(orders).innerJoin(customers, eq(customers.id, orders.customer))
      .where(eq(orders.customer, customer.id)).orderBy(desc(orders.id)).limit(20);
    response.json({ lines, total: drawUp(customer.name, lines).total });
  });
  app.post('/orders', async (request, response) => {
    const { customer } = request.session;
    const { sku, quantity } = request.body;
    const [{ id }] = await db.insert(orders).values({ customer: customer.id, sku, quantity }).returning({ id: orders.id });
    await db.delete(orders).where(and(eq(orders.customer, customer.id), sql`${orders.id} <= ${id - 60}`));
    response.status(201).json({ id, total: drawUp(customer.name, [{ quantity }]).total });
  });
  app.use((error, request, response, next) => { response.status(500).json({ message: error.message }); });

  const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
    console.log(`listening on http://127.0.0.1:${server.address().port}`);
  });
}

main();
