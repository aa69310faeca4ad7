// Leak tests without Python: `pytest` collects each workload of *.leak.mjs as a test.

import http from 'node:http';
import cart from './cart.js';
import shop from './server.js';

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let port = 0;

export async function setup() {
  await new Promise((resolve) => shop.server.listen(0, '127.0.0.1', resolve));
  port = shop.server.address().port;
}

export function teardown() {
  agent.destroy();
  shop.server.close();
}

function get(path) {
  return new Promise((resolve, reject) => {
    const request = http.get({ port, path, agent }, (response) => {
      response.resume();
      response.on('end', resolve);
    });
    request.on('error', reject);
  });
}

export const workloads = {
  // Client and server in one process: a leak on either side shows.
  search: () => get('/search?q=tea'),

  forgetfulCheckout: {
    iteration: () => cart.forgetfulCheckout(),
    options: {
      markers: { xfail: { reason: 'keeps every receipt', raises: 'LeakError', strict: true } },
    },
  },
};
