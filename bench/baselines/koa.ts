import { createServer } from 'node:http';
import Router from '@koa/router';
import Koa from 'koa';
import bodyParser from 'koa-bodyparser';

/** Koa with its router and body parser: parses a message and responds as MmChat does, but stores nothing. */
export async function koa() {
  let last = 0;
  const router = new Router();
  router.post('/api/messages', (ctx) => {
    const { conversation_id, content } = ctx.request.body as { conversation_id: number; content: string };
    last += 1;
    ctx.body = {
      success: true,
      conversation_id,
      message_id: last,
      seq: last,
      sender_id: 1,
      sender_username: 'user1',
      content,
      created_at: new Date().toISOString(),
    };
  });
  return createServer(new Koa().use(bodyParser()).use(router.routes()).callback());
}
