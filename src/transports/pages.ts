import type Router from '@koa/router';
import { outboxPage } from '../accounts/outbox-page.ts';
import type { Config } from '../config.ts';
import type { Context } from '../context.ts';

/** The pages for people: in development the outbox, which production never has. */
export function pagesOf({ production }: Config, { accounts }: Context): (router: Router) => void {
  const { outbox } = accounts.mail;
  return (router) => {
    if (outbox === undefined || production) return;
    router.get('/dev/outbox', (ctx) => {
      ctx.body = outboxPage(outbox);
    });
  };
}
