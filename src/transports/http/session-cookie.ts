import type Koa from 'koa';
import type { Config } from '../../config/config.ts';
import { COOKIE_NAME } from '../credentials.ts';

const MINUTE_MS = 60_000;

/**
 * Starts or ends a browser's session.
 * @param token null ends the cookie
 * @param now milliseconds since 1970
 */
export function setSessionCookie(
  ctx: Koa.Context,
  token: string | null,
  { cookie, tokens }: Config,
  now: number,
): void {
  ctx.cookies.secure = true; // whether the connection is secure the configuration says: a proxy may end TLS
  ctx.cookies.set(COOKIE_NAME, token ?? '', {
    httpOnly: true,
    path: '/',
    sameSite: cookie.sameSite,
    secure: cookie.secure,
    // browsers keep one of another site only if it is kept apart for each site that embeds it; it is ended in the same way
    partitioned: cookie.sameSite === 'none',
    expires: new Date(token === null ? 0 : now + tokens.ttlMinutes * MINUTE_MS),
  });
}

/**
 * Makes a browser delete what pages of this origin stored, such as unsent messages. Not `cookies`, which include those of the
 * whole domain and its other services: the session's cookie is cleared separately. Not `cache`: it contains nothing of the API, and clearing it
 * takes browsers seconds.
 */
export function clearStorage(ctx: Koa.Context): void {
  ctx.set('Clear-Site-Data', '"storage"');
}
