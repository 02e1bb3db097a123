import type Router from '@koa/router';
import type { Config } from '../config/config.ts';
import type { Context } from '../operation/context.ts';
import { ChatError } from '../operation/errors.ts';
import { isLocalRequest } from '../transports/http/local-request.ts';
import { OUTBOX_POLICY, outboxPage } from './outbox-page.ts';
import { serveWebClient } from './web-client.ts';

const OUTBOX = '/dev/outbox';

/**
 * The pages for users: the chat itself and, in development only, the outbox. The outbox contains the codes of all
 * users, so it answers requests from this machine only.
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
