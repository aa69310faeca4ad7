'use strict';
// A weblog's API: sessions in a signed cookie, a router, bodies as JSON.
const Koa = require('koa');
const Router = require('@koa/router');
const bodyParser = require('koa-bodyparser');
const { createSession } = require('koa-session');
const { remember } = require('./presence');

const posts = new Map();
for (let id = 0; id < 100; id++) posts.set(id, { id, title: `Post ${id}`, text: 'Lorem ipsum '.repeat(40), comments: [] });

const app = new Koa();
app.keys = ['a secret', 'an older one'];
app.on('error', (error) => console.error(error.message));
app.use(async (ctx, next) => {
  const started = process.hrtime.bigint();
  await next();
  ctx.set('x-response-time', `${(process.hrtime.bigint() - started) / 1000n} us`);
});
app.use(createSession({ key: 'blog', maxAge: 3600_000 }, app));
app.use(bodyParser());
app.use(async (ctx, next) => {
  ctx.session.views = ((ctx.session.views || 0) + 1) % 1000;
  ctx.state.reader = remember(ctx);
  await next();
});

const router = new Router();
router.get('/posts', (ctx) => { ctx.body = [...posts.values()].slice(0, 10).map(({ id, title }) => ({ id, title })); });
router.post('/posts/:id/comments', (ctx) => {
  const post = posts.get(Number(ctx.params.id));
  ctx.assert(post, 404, 'no such post');
  ctx.assert(ctx.request.body.text, 400, 'a comment needs a text');
  post.comments.push({ text: ctx.request.body.text, by: ctx.state.reader.id });
  if (post.comments.length > 5) post.comments.shift();
  ctx.status = 201;
  ctx.body = { comments: post.comments.length };
});
app.use(router.routes()).use(router.allowedMethods());

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
