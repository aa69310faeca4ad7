'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const express = require('express');
const { EventEmitter } = require('events');
const app = express();
app.disable('x-powered-by');
function addStatusRoute(id) {
  if (LEAKY || !addStatusRoute.done) app.get('/status/' + (LEAKY ? id : ':id'), (request, response) => response.end());
  addStatusRoute.done = true;
}
app.get('/start/:id', (request, response) => { addStatusRoute(request.params.id); response.end('started'); });
// Requests without a socket: only the router is of interest here.
class FakeResponse extends EventEmitter {
  constructor(done) { super(); this.end = done; }
  setHeader() {}
  getHeader() {}
}
let n = 0;
async function iteration() {
  const text = await new Promise((done, fail) => {
    app({ method: 'GET', url: '/start/' + n++, headers: {}, socket: {} }, new FakeResponse(done), fail);
  });
  if (text !== 'started') throw new Error('bad');
}
module.exports = { iteration };
