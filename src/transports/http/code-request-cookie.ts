import type Koa from 'koa';
import type { Config } from '../../config/config.ts';

/** Remembers which request for a one-time code is the browser's own. */
const CODE_REQUEST_COOKIE = 'otp_request';
const SECOND_MS = 1_000;

export const codeRequestOf = (ctx: Koa.Context): string | undefined => ctx.cookies.get(CODE_REQUEST_COOKIE);

/** It is worth nothing to others, and ends with the code. */
export function setCodeRequest(ctx: Koa.Context, request: string, { cookie, otp }: Config): void {
  ctx.cookies.secure = true; // as with the session's cookie
  ctx.cookies.set(CODE_REQUEST_COOKIE, request, {
    httpOnly: true,
    path: '/api',
    sameSite: cookie.sameSite,
    secure: cookie.secure,
    partitioned: cookie.sameSite === 'none',
    maxAge: otp.ttlSec * SECOND_MS,
  });
}
