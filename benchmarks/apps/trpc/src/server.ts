// Bookings of meeting rooms over tRPC, compiled by tsc, on tRPC's own HTTP server.
import { initTRPC, TRPCError } from '@trpc/server';
import { createHTTPServer, type CreateHTTPContextOptions } from '@trpc/server/adapters/standalone';
import { z } from 'zod';
import { hold } from './holds';

const createContext = ({ req }: CreateHTTPContextOptions) => ({ user: req.headers['x-user'] ?? 'nobody' });
const t = initTRPC.context<typeof createContext>().create();
const timed = t.procedure.use(async ({ next }) => {
  const started = performance.now();
  const result = await next({ ctx: { started } });
  return result;
});

const router = t.router({
  rooms: t.router({
    list: timed.query(() => Array.from({ length: 10 }, (_, room) => ({ room, seats: 4 + room }))),
    book: timed
      .input(z.object({ room: z.number().int().min(0).max(99), from: z.iso.datetime(), minutes: z.number().max(240) }))
      .mutation(async ({ input, ctx }) => {
        if (input.minutes < 5) throw new TRPCError({ code: 'BAD_REQUEST', message: 'too short' });
        const held = hold(input.room, String(ctx.user), input.minutes);
        await null;
        return { room: held.room, minutes: held.minutes };
      }),
  }),
});
export type AppRouter = typeof router;

const server = createHTTPServer({ router, createContext });
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  const address = server.address();
  if (address && typeof address === 'object') console.log(`listening on http://127.0.0.1:${address.port}`);
});
