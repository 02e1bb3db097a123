import cors from '@koa/cors';
import type Koa from 'koa';

/** The response headers that pages may read besides the default ones. */
const EXPOSED = [
  'Retry-After',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'X-Request-Id',
  'Allow',
  'WWW-Authenticate',
];
/** For so long a browser need not ask again whether it may ask. */
const PREFLIGHT_TTL_SEC = 600;

/** Lets pages of the allowed origins read answers. A request that names no origin needs but to say that others may. */
export function crossOrigin(allowed: readonly string[]): Koa.Middleware {
  const answerTo = cors({
    credentials: true,
    origin: (ctx) => (allowed.includes(ctx.get('origin')) ? ctx.get('origin') : ''),
    exposeHeaders: EXPOSED,
    maxAge: PREFLIGHT_TTL_SEC,
  });
  return (ctx, next) => {
    if (ctx.req.headers.origin !== undefined) return answerTo(ctx, next);
    ctx.res.setHeader('Vary', 'Origin');
    return next();
  };
}
