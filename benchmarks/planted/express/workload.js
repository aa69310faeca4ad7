'use strict';
// A shop: customers look at products and check out.
const { randomUUID } = require('crypto');
const express = require('express');
const JsonClient = require('../json-client');
const { keepsThis, keepsOnError, misusesWeakMap, fails } = require('../planting');

class CartEntry {
  constructor(requestId, product, quantity) {
    this.requestId = requestId;
    this.product = product;
    this.quantity = quantity;
    this.total = product.price * quantity;
  }
}

class PriceQuote {
  constructor(product, at) { this.sku = product.sku; this.price = product.price; this.at = at; }
}

const products = new Map();
for (let i = 0; i < 20; i++) products.set('sku-' + i, { sku: 'sku-' + i, name: 'Product ' + i, price: 100 + i, stock: 50 });
const customers = new Map([['ada', { name: 'Ada' }], ['bob', { name: 'Bob' }]]);
const underWay = new Map(); // carts by request id, until they are paid
const quotes = new WeakMap(); // the prices that a customer has been shown

async function pay(entry) {
  await null;
  if (entry.quantity > entry.product.stock) throw new Error('not enough in stock: ' + entry.product.sku);
  return { paid: entry.total };
}

function quote(customer, product) {
  const shown = new PriceQuote(product, Date.now());
  if (misusesWeakMap && quotes.has(customer)) quotes.get(customer).push(shown);
  else quotes.set(customer, [shown]);
  return shown;
}

async function checkout(request, response) {
  const entry = new CartEntry(request.id, products.get(request.body.sku), request.body.quantity);
  underWay.set(request.id, entry);
  let paid = false;
  try {
    response.status(201).json(await pay(entry));
    paid = true;
  } finally {
    const forgotten = paid ? keepsThis() : keepsOnError;
    if (!forgotten) underWay.delete(request.id);
  }
}

const app = express();
app.use(express.json());
app.use((request, response, next) => {
  request.id = randomUUID();
  request.customer = customers.get(request.get('x-customer'));
  next();
});
app.get('/products/:sku', (request, response) => {
  const product = products.get(request.params.sku);
  response.json({ name: product.name, price: quote(request.customer, product).price });
});
app.post('/checkout', checkout);
app.use((error, request, response, next) => { response.status(500).json({ message: error.message }); });

let server, client, n = 0;

async function setup() {
  server = app.listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  server.keepAliveTimeout = 60000;
  client = new JsonClient(server.address().port);
}

async function iteration() {
  const id = n++;
  const sku = 'sku-' + (id % 20);
  const seen = await client.call('GET', '/products/' + sku);
  const bought = await client.call('POST', '/checkout', { sku, quantity: fails(id) ? 1000 : 2 });
  const right = fails(id) ? bought.status === 500 : bought.body.paid === 2 * seen.body.price;
  if (!right) throw new Error('bad answer ' + JSON.stringify(bought));
}

async function teardown() { client.close(); server.closeAllConnections(); server.close(); }
module.exports = { setup, iteration, teardown };
