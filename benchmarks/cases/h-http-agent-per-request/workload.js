'use strict';
const http = require('http');
const LEAKY = process.env.VARIANT === 'leaky';

const server = http.createServer((request, response) => response.end('ok')).unref();
const listening = new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const agents = [];
async function iteration() {
  await listening;
  if (LEAKY || agents.length === 0) agents.push(new http.Agent({ keepAlive: true }));
  const agent = agents[agents.length - 1];
  await new Promise((resolve, reject) => {
    const { port } = server.address();
    http.get({ port, agent }, (r) => r.resume().on('end', resolve)).on('error', reject);
  });
}
module.exports = { iteration };
