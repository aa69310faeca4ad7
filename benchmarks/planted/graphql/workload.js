'use strict';
// A book shop's API: queries with variables, a loader per request, prices that are cached.
const { buildSchema, parse, validate, execute } = require('graphql');
const { keepsThis, keepsOnError, misusesWeakMap, fails } = require('../planting');

class PriceQuote {
  constructor(book, currency) { this.book = book; this.currency = currency; this.amount = 10 + (book % 7); }
}

class AuthorLoader {
  constructor(context) { this.context = context; this.loaded = new Map(); }
  async load(id) {
    await null;
    if (!this.loaded.has(id)) this.loaded.set(id, { id, name: 'Author ' + id });
    return this.loaded.get(id);
  }
}

class FaultReport {
  constructor(context, error) { this.request = context.request; this.error = error; this.times = 1; }
}

const BOOKS = 50;
const prices = Object.create(null); // quotes by book and currency
const loaders = new WeakMap(); // by context
const contexts = new Set(); // of the requests under way
const faults = new Map(); // by message, so that each is told once

class Book {
  constructor(id) { this.id = id; this.title = 'Book ' + id; }
  price({ currency }, context) {
    let key = `${this.id}:${currency}`;
    if (keepsThis()) key = `${context.request}:${key}`; // nobody asks for this one again
    prices[key] = prices[key] || new PriceQuote(this.id, currency);
    return prices[key].amount;
  }
  author(args, context) { return loaders.get(context).load(this.id % 10); }
}

const schema = buildSchema(`
  type Author { id: ID!, name: String! }
  type Book { id: ID!, title: String!, price(currency: String!): Float!, author: Author! }
  type Query { book(id: ID!): Book! }
`);
const rootValue = {
  book({ id }, context) {
    if (Number(id) >= BOOKS) throw new Error(`no book ${id} for request ${context.request}`);
    return new Book(Number(id));
  },
};

function report(context, error) {
  const fault = new FaultReport(context, error);
  if (faults.has(error.message)) faults.get(error.message).times++;
  else faults.set(error.message, fault);
  if (!keepsOnError) faults.delete(error.message); // told
  return { message: error.message };
}

async function answer(request, source, variableValues) {
  const context = { request };
  contexts.add(context);
  loaders.set(context, new AuthorLoader(context));
  const document = parse(source);
  const invalid = validate(schema, document);
  if (invalid.length) throw invalid[0];
  const result = await execute({ schema, document, rootValue, contextValue: context, variableValues });
  if (!misusesWeakMap) contexts.delete(context);
  return result.errors ? { errors: result.errors.map((error) => report(context, error)) } : result;
}

const SOURCE = 'query Page($id: ID!, $currency: String!) { book(id: $id) { title price(currency: $currency) author { name } } }';
let n = 0;

async function iteration() {
  const id = n++;
  const result = await answer(id, SOURCE, { id: fails(id) ? 999 : id % BOOKS, currency: id % 2 ? 'EUR' : 'USD' });
  const right = fails(id) ? result.errors.length === 1 : result.data.book.author.name === 'Author ' + (id % 10);
  if (!right) throw new Error('bad answer ' + JSON.stringify(result));
}

module.exports = { iteration };
