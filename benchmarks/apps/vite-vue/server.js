// The server of a Vite app in production: static files and rendered pages.
import { readFileSync } from 'node:fs';
import express from 'express';
import { render } from './dist/server/entry-server.js';

const at = (path) => new URL(path, import.meta.url);
const [head, tail] = readFileSync(at('./dist/client/index.html'), 'utf8').split('<!--app-->');
const app = express();
app.use(express.static(at('./dist/client').pathname, { index: false }));
app.get('/{*path}', async (request, response) => {
  response.type('html').send(head + (await render(request.path)) + tail);
});
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
