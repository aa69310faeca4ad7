// A leak test of the service, in its process: on either side of the connection a leak shows.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { app } from './app.ts';

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const server = http.createServer(app);

export async function setup(): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}

export function teardown(): void {
  agent.destroy();
  server.close();
}

function send(method: string, path: string): Promise<string> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const request = http.request({ method, port, path, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
    request.end();
  });
}

export async function iteration(): Promise<void> {
  const { id } = JSON.parse(await send('POST', '/orders/tea')) as { id: number };
  await send('DELETE', `/orders/${id}`); // leave it out, and each Order stays
}
