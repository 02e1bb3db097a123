import cors from '@koa/cors';
import Router from '@koa/router';
import Koa from 'koa';
import { type Place, placeOf } from '../call-order.ts';
import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { ChatError } from '../errors.ts';
import { type Asked, COOKIE, dispatch, type Operation, type Quota } from '../operation.ts';
import { operations } from '../operations.ts';
import { mustBeOwnRoute, refuseUnknownRoute } from './allowed-methods.ts';
import { errorAnswer, type Log, toChatError } from './answer.ts';
import { addressOf, authenticateRequest, COOKIE_NAME } from './credentials.ts';
import { readBody } from './http-body.ts';
import { inputReader, readTarget } from './http-input.ts';
import type { Origins } from './origins.ts';
import { requestLog } from './request-log.ts';
import { securityHeaders } from './security-headers.ts';

type House = {
  config: Config;
  context: Context;
  log: Log;
  origins: Origins;
  pages: readonly ((router: Router) => void)[];
};

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const MINUTE_MS = 60_000;

/** The REST API: every operation of the table that has a place in it. */
export async function httpApp(house: House): Promise<Koa> {
  const router = new Router();
  for (const { http, operation } of Object.values(operations))
    if (http !== undefined) serve(router, http, operation, house);
  router.get('/api/ws', () => Promise.reject(new ChatError('upgrade_required')));
  for (const addPages of house.pages) addPages(router);

  const { corsOrigins } = house.config;
  const koa = new Koa();
  koa.silent = true; // what goes wrong is answered and logged below
  koa.use(requestLog(house.log, house.context.observer.request));
  koa.use(await securityHeaders(house.config.production));
  koa.use(crossOrigin(corsOrigins));
  koa.use(inOrderOfArrival);
  koa.use((ctx, next) => answering(ctx, next, house));
  koa.use(readTarget);
  koa.use(guardOrigin(house.origins));
  koa.use(readBody);
  koa.use(router.routes());
  koa.use((ctx) => refuseUnknownRoute(ctx, router));
  return koa;
}

function serve(router: Router, route: string, operation: Operation, { config, context }: House): void {
  const [method, path] = route.split(' ') as [string, string];
  const inputOf = inputReader(operation);
  const hasId = path.includes(':');
  router.register(path, [method.toLowerCase()], async (ctx: Koa.Context) => {
    if (hasId) mustBeOwnRoute(ctx, router);
    const asked: Asked = {
      address: addressOf(ctx.req, config.trustedProxies),
      place: ctx.state.place as Place,
    };
    try {
      const caller =
        operation.access === 'public' ? undefined : await authenticateRequest(ctx.req, context.accounts.sessions);
      const result = await dispatch(operation, inputOf(ctx), caller, context, asked);
      const token = result[COOKIE];
      if (token !== undefined) setCookie(ctx, token, config);
      ctx.body = { success: true, ...result };
    } finally {
      setQuota(ctx, asked.quota);
    }
  });
}

/** @param token null ends the cookie */
function setCookie(ctx: Koa.Context, token: string | null, { cookie, tokens }: Config): void {
  ctx.cookies.secure = true; // whether the connection is secure the configuration says: a proxy may end TLS
  ctx.cookies.set(COOKIE_NAME, token ?? '', {
    httpOnly: true,
    path: '/',
    sameSite: cookie.sameSite,
    secure: cookie.secure,
    ...(token === null ? { expires: new Date(0) } : { maxAge: tokens.ttlMinutes * MINUTE_MS }),
  });
}

function setQuota(ctx: Koa.Context, quota: Quota | undefined): void {
  if (quota === undefined) return;
  ctx.set({
    'RateLimit-Limit': String(quota.limit),
    'RateLimit-Remaining': String(quota.remaining),
    'RateLimit-Reset': String(quota.resetSec),
  });
}

/** Several requests can be sent over one connection without waiting for the answers (pipelining, RFC 9112, section 9.3.2). */
async function inOrderOfArrival(ctx: Koa.Context, next: Koa.Next): Promise<void> {
  const place = placeOf(ctx.req.socket);
  ctx.state.place = place;
  try {
    await next();
  } finally {
    place.done();
  }
}

/** The one place where errors become answers. */
async function answering(ctx: Koa.Context, next: Koa.Next, { context, log }: House): Promise<void> {
  try {
    await next();
  } catch (thrown) {
    const error = toChatError(thrown, log, `${ctx.method} ${ctx._matchedRoute ?? ''}`, ctx.state.requestId);
    const { message, code, fields, retry_after: resetSec = 0 } = errorAnswer(error);
    ctx.status = error.status;
    ctx.body = { success: false, error: message, code, ...(fields !== undefined && { fields }) };
    if (error.retryAfter !== undefined) ctx.set('Retry-After', String(error.retryAfter));
    if (error.allow !== undefined) ctx.set('Allow', error.allow);
    if (error.limit !== undefined) setQuota(ctx, { limit: error.limit, remaining: 0, resetSec });
  }
  if (context.draining()) ctx.set('Connection', 'close');
}

/** Lets pages of the allowed origins read answers. A request that names no origin needs but to say that others may. */
function crossOrigin(allowed: readonly string[]): Koa.Middleware {
  const answerTo = cors({
    credentials: true,
    origin: (ctx) => (allowed.includes(ctx.get('origin')) ? ctx.get('origin') : ''),
  });
  return (ctx, next) => {
    if (ctx.req.headers.origin !== undefined) return answerTo(ctx, next);
    ctx.res.setHeader('Vary', 'Origin');
    return next();
  };
}

/** Browsers send cookies along from everywhere: what changes something must come from our pages or an allowed origin. */
function guardOrigin(origins: Origins): Koa.Middleware {
  return (ctx, next) => {
    if (!SAFE_METHODS.has(ctx.method)) origins.check(ctx.req);
    return next();
  };
}
