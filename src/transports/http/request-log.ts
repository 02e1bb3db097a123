import { randomUUID } from 'node:crypto';
import type Koa from 'koa';

type Log = Record<'debug' | 'warn', (fields: object, message: string) => void>;

const REQUEST_ID = 'X-Request-Id';
const WELL_FORMED = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Gives each request an id (the one that came with it, if it is well formed) and a line in the log: at debug, and at warn
 * for internal errors. Only the route's pattern is logged: the address itself may contain a token or a text.
 */
export function requestLog(log: Log, answered: (status: number) => void): Koa.Middleware {
  return async (ctx, next) => {
    const began = performance.now();
    const given = ctx.get(REQUEST_ID);
    const request = WELL_FORMED.test(given) ? given : randomUUID();
    ctx.state.requestId = request;
    ctx.set(REQUEST_ID, request);
    try {
      await next();
    } finally {
      const { method, status, _matchedRoute: route = 'none' } = ctx;
      const ms = Math.round((performance.now() - began) * 10) / 10;
      log[status >= 500 ? 'warn' : 'debug']({ request, method, route, status, ms }, 'request');
      answered(status);
    }
  };
}
