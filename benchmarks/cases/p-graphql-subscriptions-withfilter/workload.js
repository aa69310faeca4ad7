'use strict';
// One subscriber waits for messages of its own room; all the traffic is for others.
const { PubSub, withFilter } = require('subscriptions-' + process.env.VARIANT);
const pubsub = new PubSub();
let n = 0, waiting;
async function setup() {
  const subscribe = withFilter(() => pubsub.asyncIterator('message'), (payload) => payload.room === 'mine');
  const iterator = subscribe({}, {}, {}, {});
  waiting = iterator.next();
  await new Promise((done) => setImmediate(done));
}
async function iteration() {
  await pubsub.publish('message', { room: 'other', text: 'hello ' + n++ });
  await new Promise((done) => setImmediate(done));
}
module.exports = { setup, iteration };
