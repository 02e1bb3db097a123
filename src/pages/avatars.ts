import type Router from '@koa/router';
import { findAvatar } from '../accounts/avatars.ts';
import type { Context } from '../operation/context.ts';
import { ChatError } from '../operation/errors.ts';

/**
 * The files come from users: browsers must take them for nothing but pictures. Pages of any origin may show them, as they may
 * show profile pictures of other servers; the hash in the key is known only to those who received the address.
 */
const HEADERS = {
  'Cache-Control': 'private, max-age=31536000, immutable',
  'Content-Disposition': 'inline',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'X-Content-Type-Options': 'nosniff',
};

/** Serves the profile pictures that the server keeps, of users who changed them to another one no longer. */
export function serveAvatars({ database }: Context): (router: Router) => void {
  return (router) => {
    router.get('/api/avatars/:key', async (ctx) => {
      const avatar = await findAvatar(database.sql, ctx.params.key ?? '');
      if (avatar === undefined) throw new ChatError('unknown_route');
      ctx.set(HEADERS);
      ctx.set('Content-Type', avatar.contentType);
      ctx.body = Buffer.from(avatar.content);
    });
  };
}
