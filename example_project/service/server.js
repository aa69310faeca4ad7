'use strict';
// A small HTTP service with a healthy handler, /search, and a leaking one, /visit.

const http = require('http');
const cart = require('./cart');

class Visit {
  constructor(url, headers) {
    this.url = url;
    this.headers = headers;
  }
}

const visits = [];

function search(request, response) {
  const query = new URL(request.url, 'http://localhost').searchParams.get('q') || '';
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ query, hits: [query.toUpperCase()], sum: cart.checkout() }));
}

function visit(request, response) {
  visits.push(new Visit(request.url, request.headers)); // never read, never removed
  response.end('welcome\n');
}

const routes = { '/search': search, '/visit': visit };

const server = http.createServer((request, response) => {
  const handler = routes[request.url.split('?')[0]];
  if (handler) return handler(request, response);
  response.statusCode = 404;
  return response.end('not found\n');
});

// Started by itself it listens; a leak file that loads it decides where.
if (require.main === module) {
  server.listen(Number(process.env.PORT || 0), '127.0.0.1', () => {
    console.log(`listening on http://127.0.0.1:${server.address().port}`);
  });
}

module.exports = { server };
