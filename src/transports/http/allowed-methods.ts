import type Router from '@koa/router';
import type Koa from 'koa';
import { ChatError } from '../../operation/errors.ts';

const ID = /^\d+$/;

/**
 * Refuses a path that matches a route with an id only because another literal path is taken for the id: `/api/conversations/group` is no
 * conversation. Without such a path, the operation reports the invalid id.
 */
export function mustBeOwnRoute(ctx: Koa.Context, router: Router): void {
  const ids = Object.values(ctx.params as Record<string, string>);
  if (ids.every((id) => ID.test(id))) return;
  const methods = methodsAt(ctx.path, router);
  if (!methods.includes(ctx.method)) throw methodNotAllowed(methods);
}

/** Answers requests that no route handles: OPTIONS of existing paths. @throws ChatError `unknown_route`, `method_not_allowed` */
export function refuseUnknownRoute(ctx: Koa.Context, router: Router): void {
  const methods = methodsAt(ctx.path, router);
  if (methods.length === 0) throw new ChatError('unknown_route');
  if (ctx.method !== 'OPTIONS') throw methodNotAllowed(methods);
  ctx.status = 204;
  ctx.set('Allow', allow(methods));
}

function methodsAt(path: string, router: Router): string[] {
  const layers = router.match(path, '').path;
  const literal = layers.filter(({ paramNames }) => paramNames.length === 0);
  return [...new Set((literal.length > 0 ? literal : layers).flatMap(({ methods }) => methods))];
}

const allow = (methods: readonly string[]) => [...methods, 'OPTIONS'].join(', ');
const methodNotAllowed = (methods: readonly string[]) => new ChatError('method_not_allowed', { allow: allow(methods) });
