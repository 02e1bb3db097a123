import type Koa from 'koa';
import type { Config } from '../config.ts';
import { COOKIE_NAME } from './credentials.ts';

const MINUTE_MS = 60_000;

/**
 * Starts or ends a browser's session.
 * @param token null ends the cookie
 */
export function setSessionCookie(ctx: Koa.Context, token: string | null, { cookie, tokens }: Config): void {
  ctx.cookies.secure = true; // whether the connection is secure the configuration says: a proxy may end TLS
  ctx.cookies.set(COOKIE_NAME, token ?? '', {
    httpOnly: true,
    path: '/',
    sameSite: cookie.sameSite,
    secure: cookie.secure,
    // browsers keep one of another site only if it is kept apart for each site that embeds it; it is ended in the same way
    partitioned: cookie.sameSite === 'none',
    ...(token === null ? { expires: new Date(0) } : { maxAge: tokens.ttlMinutes * MINUTE_MS }),
  });
}

/**
 * Has a browser forget what pages of this origin have stored, unsent messages for one. Not `cookies`, which are those of the
 * whole domain and all its other services: ours ends by itself. Not `cache`: nothing of the API is in it, and emptying it
 * takes browsers seconds.
 */
export function clearStorage(ctx: Koa.Context): void {
  ctx.set('Clear-Site-Data', '"storage"');
}
