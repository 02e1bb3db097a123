import type Koa from 'koa';

export type Handle = (ctx: Koa.Context) => Promise<void>;
type Direct = { path: string; names: readonly string[]; handle: Handle };

const PARAMETER = /:(\w+)/g;
const NUMBER = /\/(\d+)(?=\/|$)/g;

/**
 * Finds who answers an address by looking it up, where the router tries one pattern after the other. That serves the
 * addresses that are written as they are documented, with plain digits for ids; whatever else the router takes (another
 * case, a slash at the end, encoded characters, HEAD) is not found here and left to it.
 */
export class DirectRoutes {
  readonly #routes = new Map<string, Direct>();

  /** @param path an address with parameters in place of ids, such as `/api/messages/:message_id` */
  add(method: string, path: string, handle: Handle): void {
    const names = [...path.matchAll(PARAMETER)].map(([, name]) => name as string);
    this.#routes.set(`${method} ${path.replace(PARAMETER, ':')}`, { path, names, handle });
  }

  readonly answer: Koa.Middleware = (ctx, next) => {
    const ids: string[] = [];
    const plain = ctx.path.replace(NUMBER, (_, id: string) => {
      ids.push(id);
      return '/:';
    });
    const found = this.#routes.get(`${ctx.method} ${plain}`);
    if (found === undefined || found.names.length !== ids.length) return next();
    ctx._matchedRoute = found.path;
    ctx.params = Object.fromEntries(found.names.map((name, index) => [name, ids[index]]));
    return found.handle(ctx as Koa.Context);
  };
}
