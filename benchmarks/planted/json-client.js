'use strict';
// JSON over a few kept connections to a server on this machine.
const http = require('http');

module.exports = class JsonClient {
  constructor(port) {
    this.port = port;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
  }

  /** The answer's status code and its JSON. */
  call(method, path, body) {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = { 'x-customer': 'ada' };
    if (text) Object.assign(headers, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.port, method, path, headers, agent: this.agent };
      const request = http.request(options, (response) => {
        let answer = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => { answer += chunk; });
        response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(answer) }));
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end(text);
    });
  }

  close() { this.agent.destroy(); }
};
