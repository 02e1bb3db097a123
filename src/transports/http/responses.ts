import type Koa from 'koa';
import type { Quota } from '../../operation/caller.ts';
import type { Context } from '../../operation/context.ts';
import type { ChatError, ErrorCode } from '../../operation/errors.ts';
import { errorAnswer, type Log, toChatError } from '../call.ts';

/** The answers that contain the state of the limit that their call counted against; the documents have the same table. */
const QUOTA_STATUSES = new Set([200, 400, 403, 404, 409, 422, 429]);
/** The headers that RFC 9110 requires of a refusal. `Bearer` does not make browsers ask for a password. */
const BY_STATUS: Readonly<Record<number, Record<string, string>>> = { 401: { 'WWW-Authenticate': 'Bearer' } };
const BY_CODE: Partial<Record<ErrorCode, Record<string, string>>> = {
  upgrade_required: { Upgrade: 'websocket', Connection: 'Upgrade' },
};

/** The one place where errors become answers over HTTP. */
export function answering({ context, log }: { context: Context; log: Log }): Koa.Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (thrown) {
      refuse(ctx, toChatError(thrown, log, `${ctx.method} ${ctx._matchedRoute ?? ''}`, ctx.state.requestId));
    }
    const quota: Quota | undefined = ctx.state.quota;
    if (quota !== undefined && QUOTA_STATUSES.has(ctx.status)) setQuota(ctx, quota);
    if (context.inFlight.draining) ctx.set('Connection', 'close');
  };
}

function refuse(ctx: Koa.Context, error: ChatError): void {
  const { message, code, fields, retry_after: resetSec = 0 } = errorAnswer(error);
  ctx.status = error.status;
  ctx.body = { success: false, error: message, code, ...(fields !== undefined && { fields }) };
  ctx.set({ ...BY_STATUS[error.status], ...BY_CODE[error.code] });
  if (error.retryAfter !== undefined) ctx.set('Retry-After', String(error.retryAfter));
  if (error.allow !== undefined) ctx.set('Allow', error.allow);
  if (error.limit !== undefined) ctx.state.quota = { limit: error.limit, remaining: 0, resetSec };
}

function setQuota(ctx: Koa.Context, { limit, remaining, resetSec }: Quota): void {
  ctx.set({
    'RateLimit-Limit': String(limit),
    'RateLimit-Remaining': String(remaining),
    'RateLimit-Reset': String(resetSec),
  });
}

/** The API's responses are private, and current only at this moment. */
export const storeNothing: Koa.Middleware = (ctx, next) => {
  if (/^\/api(\/|$)/i.test(ctx.path)) ctx.set('Cache-Control', 'no-store');
  return next();
};
