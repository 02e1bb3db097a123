import type { IncomingHttpHeaders } from 'node:http';
import Router from '@koa/router';
import Koa from 'koa';
import type { Authenticated } from '../../accounts/sessions.ts';
import { ownOrigin } from '../../api-docs/own-address.ts';
import type { Config } from '../../config/config.ts';
import { type CallPosition, positionOf } from '../../operation/call-order.ts';
import type { CallInfo } from '../../operation/caller.ts';
import type { Context } from '../../operation/context.ts';
import { dispatch } from '../../operation/dispatch.ts';
import { ChatError } from '../../operation/errors.ts';
import type { Operation } from '../../operation/operation.ts';
import { CODE_REQUEST, COOKIE, FORGET, type Result } from '../../operation/result.ts';
import type { Calling } from '../call.ts';
import { addressOf, authenticateAll, authenticateRequest, bearsToken, isBearer } from '../credentials.ts';
import type { Origins } from '../origins.ts';
import { mustBeOwnRoute, refuseUnknownRoute } from './allowed-methods.ts';
import { readBody, readBodyWithPicture } from './body.ts';
import { codeRequestOf, setCodeRequest } from './code-request-cookie.ts';
import { crossOrigin } from './cross-origin.ts';
import { inputReader, readTarget } from './input.ts';
import { warnOfLostLogins } from './login-warnings.ts';
import { requestLog } from './request-log.ts';
import { answering, storeNothing } from './responses.ts';
import { securityHeaders } from './security-headers.ts';
import { clearStorage, setSessionCookie } from './session-cookie.ts';

type Dependencies = Calling & {
  config: Config;
  origins: Origins;
  pages: readonly ((router: Router) => void)[];
};

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The REST API: every operation of the table that has a place in it. */
export async function httpApp(dependencies: Dependencies): Promise<Koa> {
  const router = new Router();
  const serving = { ...dependencies, onLogin: warnOfLostLogins(dependencies.config, dependencies.log) };
  for (const operation of Object.values(dependencies.operations))
    for (const route of operation.routes) serve(router, route, operation, serving);
  router.get('/api/ws', () => Promise.reject(new ChatError('upgrade_required')));
  for (const addPages of dependencies.pages) addPages(router);

  const { corsOrigins } = dependencies.config;
  const koa = new Koa();
  koa.silent = true; // what goes wrong is answered and logged below
  koa.use(requestLog(dependencies.log, dependencies.context.observer.request));
  koa.use(securityHeaders(dependencies.config.production));
  koa.use(crossOrigin(corsOrigins));
  koa.use(inOrderOfArrival);
  koa.use(answering(dependencies));
  koa.use(readTarget);
  koa.use(storeNothing);
  koa.use(guardOrigin(dependencies.origins));
  koa.use(dependencies.config.legacyFields ? readBodyWithPicture : readBody);
  koa.use(router.routes());
  koa.use((ctx) => refuseUnknownRoute(ctx, router));
  return koa;
}

type Serving = Dependencies & { onLogin: (headers: IncomingHttpHeaders) => void };

function serve(router: Router, route: string, operation: Operation, { config, context, onLogin }: Serving): void {
  const [method, path] = route.split(' ') as [string, string];
  const inputOf = inputReader(operation);
  const hasId = path.includes(':');
  router.register(path, [method.toLowerCase()], async (ctx: Koa.Context) => {
    if (hasId) mustBeOwnRoute(ctx, router);
    const info: CallInfo = {
      address: addressOf(ctx.req, config.trustedProxies),
      position: ctx.state.callPosition as CallPosition,
      codeRequest: codeRequestOf(ctx),
      requestId: ctx.state.requestId,
      hasToken: bearsToken(ctx.req.headers),
      startedAt: performance.now(),
      holdsToken: isBearer(ctx.req.headers),
      ...(operation.needsOrigin && { ownOrigin: ownOrigin(ctx.req, config) }),
    };
    const run = async () => {
      let result: Result = {};
      const callers = await callersOf(ctx, operation, context);
      for (const caller of callers) result = await dispatch(operation, inputOf(ctx), caller, context, info);
      if (operation.access === 'user' && result[COOKIE] === undefined)
        await slideSession(ctx, callers[0], { config, context });
      return result;
    };
    try {
      const result = await context.inFlight.track(run()); // the caller may have to be queried first
      const { [COOKIE]: token, [FORGET]: forget = false, [CODE_REQUEST]: codeRequest } = result;
      if (token !== undefined) setSessionCookie(ctx, token, config, context.database.now());
      if (codeRequest !== undefined) setCodeRequest(ctx, codeRequest, config);
      if (forget) clearStorage(ctx);
      if (typeof token === 'string') onLogin(ctx.req.headers);
      ctx.body = { success: true, ...result };
    } finally {
      ctx.state.quota = info.quota;
    }
  });
}

/** The callers of a request: for an operation that ends sessions those of all its tokens, otherwise of the first. */
async function callersOf(
  ctx: Koa.Context,
  { access }: Operation,
  { accounts }: Context,
): Promise<(Authenticated | undefined)[]> {
  if (access === 'public') return [undefined];
  if (access === 'user') return [await authenticateRequest(ctx.req, accounts.sessions)];
  const everybody = await authenticateAll(ctx.req, accounts.sessions);
  return everybody.length === 0 ? [undefined] : everybody;
}

/**
 * Renews the session of a browser that uses it. If that is not possible at present, a later request does it: this one is
 * answered all the same.
 */
async function slideSession(
  ctx: Koa.Context,
  who: Authenticated | undefined,
  { config, context }: Pick<Dependencies, 'config' | 'context'>,
): Promise<void> {
  if (who === undefined || isBearer(ctx.req.headers)) return;
  const renewed = await context.accounts.sessions.renewal.ofToken(who).catch(() => undefined);
  if (renewed !== undefined) setSessionCookie(ctx, renewed.token, config, context.database.now());
}

/** Several requests can be sent over one connection without waiting for the answers (pipelining, RFC 9112, section 9.3.2). */
async function inOrderOfArrival(ctx: Koa.Context, next: Koa.Next): Promise<void> {
  const position = positionOf(ctx.req.socket);
  ctx.state.callPosition = position;
  try {
    await next();
  } finally {
    position.release();
  }
}

/** Browsers add cookies to requests of any page: a request that changes something must come from an allowed origin. */
function guardOrigin(origins: Origins): Koa.Middleware {
  return (ctx, next) => {
    if (!SAFE_METHODS.has(ctx.method)) origins.check(ctx.req);
    return next();
  };
}
