import type Router from '@koa/router';
import { OUTBOX_POLICY, outboxPage } from '../accounts/outbox-page.ts';
import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { ChatError } from '../errors.ts';
import { isLocalRequest } from '../local-request.ts';
import { serveWebClient } from './web-client.ts';

const OUTBOX = '/dev/outbox';

/**
 * The pages for people: the chat itself, and in development the outbox, which production never has. It holds everybody's
 * codes, so it answers requests from this machine only.
 */
export function pagesOf({ production }: Config, { accounts }: Context): (router: Router) => void {
  const outbox = production ? undefined : accounts.mail.outbox;
  const serveChat = serveWebClient({ ...(outbox !== undefined && { outbox: OUTBOX }) });
  return (router) => {
    serveChat(router);
    if (outbox === undefined) return;
    router.get(OUTBOX, (ctx) => {
      if (!isLocalRequest(ctx.req)) throw new ChatError('unknown_route');
      ctx.set('Cache-Control', 'no-store');
      ctx.set('Content-Security-Policy', OUTBOX_POLICY);
      ctx.body = outboxPage(outbox);
    });
  };
}
