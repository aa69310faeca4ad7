// A weather service: one file, bundled and minified, as it would be put into an image.
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { etag } from 'hono/etag';
import { secureHeaders } from 'hono/secure-headers';
import { z } from 'zod';
import { forecastFor } from './forecast';

const query = z.object({
  days: z.coerce.number().int().min(1).max(14).default(3),
  unit: z.enum(['celsius', 'fahrenheit']).default('celsius'),
});

const app = new Hono();
app.use(secureHeaders());
app.use('/forecast/*', etag());
app.get('/forecast/:city', (c) => {
  const asked = query.safeParse(c.req.query());
  if (!asked.success) return c.json({ issues: asked.error.issues }, 400);
  return c.json(forecastFor(c.req.param('city'), asked.data.days, asked.data.unit));
});
app.onError((error, c) => c.json({ message: error.message }, 500));

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1' }, (info) => {
  console.log(`listening on http://127.0.0.1:${info.port}`);
});
