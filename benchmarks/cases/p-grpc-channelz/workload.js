'use strict';
// A gRPC server on loopback; a short-lived client per unit of work.
const grpc = require('grpc-' + process.env.VARIANT);
const method = {
  path: '/demo.Echo/Say', requestStream: false, responseStream: false,
  requestSerialize: (v) => Buffer.from(JSON.stringify(v)), requestDeserialize: (b) => JSON.parse(b),
  responseSerialize: (v) => Buffer.from(JSON.stringify(v)), responseDeserialize: (b) => JSON.parse(b),
};
const Client = grpc.makeGenericClientConstructor({ say: method }, 'Echo');
let server, port, n = 0;
async function setup() {
  server = new grpc.Server();
  server.addService({ say: method }, { say: (call, done) => done(null, { text: call.request.text }) });
  port = await new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (e, p) => (e ? reject(e) : resolve(p)));
  });
  server.start();
}
async function iteration() {
  const client = new Client('127.0.0.1:' + port, grpc.credentials.createInsecure());
  const reply = await new Promise((resolve, reject) => client.say({ text: 'n' + n++ }, (e, r) => (e ? reject(e) : resolve(r))));
  client.close();
  if (reply.text !== 'n' + (n - 1)) throw new Error('bad');
}
async function teardown() { server.forceShutdown(); }
module.exports = { setup, iteration, teardown };
