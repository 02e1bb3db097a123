import type { IncomingHttpHeaders } from 'node:http';
import Router from '@koa/router';
import Koa from 'koa';
import { type Place, placeOf } from '../call-order.ts';
import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { ChatError } from '../errors.ts';
import { type Asked, CODE_REQUEST, COOKIE, dispatch, FORGET, type Operation, type Result } from '../operation.ts';
import { operations } from '../operations.ts';
import { mustBeOwnRoute, refuseUnknownRoute } from './allowed-methods.ts';
import type { Log } from './answer.ts';
import { codeRequestOf, setCodeRequest } from './code-request-cookie.ts';
import { addressOf, authenticateAll, authenticateRequest, bearsToken } from './credentials.ts';
import { crossOrigin } from './cross-origin.ts';
import { answering, storeNothing } from './http-answers.ts';
import { readBody } from './http-body.ts';
import { inputReader, readTarget } from './http-input.ts';
import { warnOfLostLogins } from './login-warnings.ts';
import type { Origins } from './origins.ts';
import { requestLog } from './request-log.ts';
import { securityHeaders } from './security-headers.ts';
import { clearStorage, setSessionCookie } from './session-cookie.ts';

type House = {
  config: Config;
  context: Context;
  log: Log;
  origins: Origins;
  pages: readonly ((router: Router) => void)[];
};

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The REST API: every operation of the table that has a place in it. */
export async function httpApp(house: House): Promise<Koa> {
  const router = new Router();
  const serving = { ...house, onLogin: warnOfLostLogins(house.config, house.log) };
  for (const { http, operation } of Object.values(operations))
    if (http !== undefined) serve(router, http, operation, serving);
  router.get('/api/ws', () => Promise.reject(new ChatError('upgrade_required')));
  for (const addPages of house.pages) addPages(router);

  const { corsOrigins } = house.config;
  const koa = new Koa();
  koa.silent = true; // what goes wrong is answered and logged below
  koa.use(requestLog(house.log, house.context.observer.request));
  koa.use(await securityHeaders(house.config.production));
  koa.use(crossOrigin(corsOrigins));
  koa.use(inOrderOfArrival);
  koa.use(answering(house));
  koa.use(readTarget);
  koa.use(storeNothing);
  koa.use(guardOrigin(house.origins));
  koa.use(readBody);
  koa.use(router.routes());
  koa.use((ctx) => refuseUnknownRoute(ctx, router));
  return koa;
}

type Serving = House & { onLogin: (headers: IncomingHttpHeaders) => void };

function serve(router: Router, route: string, operation: Operation, { config, context, onLogin }: Serving): void {
  const [method, path] = route.split(' ') as [string, string];
  const inputOf = inputReader(operation);
  const hasId = path.includes(':');
  router.register(path, [method.toLowerCase()], async (ctx: Koa.Context) => {
    if (hasId) mustBeOwnRoute(ctx, router);
    const asked: Asked = {
      address: addressOf(ctx.req, config.trustedProxies),
      place: ctx.state.place as Place,
      codeRequest: codeRequestOf(ctx),
      request: ctx.state.requestId,
      bearsToken: bearsToken(ctx.req.headers),
    };
    try {
      let result: Result = {};
      for (const caller of await callersOf(ctx, operation, context))
        result = await dispatch(operation, inputOf(ctx), caller, context, asked);
      const { [COOKIE]: token, [FORGET]: forget = false, [CODE_REQUEST]: codeRequest } = result;
      if (token !== undefined) setSessionCookie(ctx, token, config);
      if (codeRequest !== undefined) setCodeRequest(ctx, codeRequest, config);
      if (forget) clearStorage(ctx);
      if (typeof token === 'string') onLogin(ctx.req.headers);
      ctx.body = { success: true, ...result };
    } finally {
      ctx.state.quota = asked.quota;
    }
  });
}

/** Whom a request speaks for: everybody whose token it bears where it ends sessions, else the first of them. */
async function callersOf(ctx: Koa.Context, { access }: Operation, { accounts }: Context) {
  if (access === 'public') return [undefined];
  if (access === 'user') return [await authenticateRequest(ctx.req, accounts.sessions)];
  const everybody = await authenticateAll(ctx.req, accounts.sessions);
  return everybody.length === 0 ? [undefined] : everybody;
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

/** Browsers send cookies along from everywhere: what changes something must come from our pages or an allowed origin. */
function guardOrigin(origins: Origins): Koa.Middleware {
  return (ctx, next) => {
    if (!SAFE_METHODS.has(ctx.method)) origins.check(ctx.req);
    return next();
  };
}
