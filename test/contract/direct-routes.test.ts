import { expect } from 'chai';
import type Koa from 'koa';
import { DirectRoutes } from '../../src/transports/direct-routes.ts';

const PATHS = ['/api/groups', '/api/groups/:group_id', '/api/groups/:group_id/members/:user_id'];

describe('The addresses that need no router', () => {
  const routes = new DirectRoutes();
  for (const path of PATHS) routes.add('GET', path, async (ctx) => void Object.assign(ctx, { answered: path }));

  /** Which address answered and with which parameters, or that it was left to the router. */
  async function asked(method: string, path: string) {
    const ctx: Record<string, unknown> = { method, path };
    await routes.answer(
      ctx as unknown as Koa.ParameterizedContext,
      async () => void Object.assign(ctx, { left: true }),
    );
    return ctx.left === true ? undefined : [ctx.answered, ctx._matchedRoute, ctx.params];
  }

  it('are those that are written as documented, with digits for ids', async () => {
    const given = ['/api/groups', '/api/groups/7', '/api/groups/07/members/9007199254740993'];
    const params = [{}, { group_id: '7' }, { group_id: '07', user_id: '9007199254740993' }];
    for (const [index, path] of given.entries())
      expect(await asked('GET', path)).to.deep.equal([PATHS[index], PATHS[index], params[index]]);
  });

  it('are no others: those are left to the router', async () => {
    for (const path of ['/', '/api/groups/', '/API/groups', '/api/groups/x', '/api/groups/-1', '/api/groups/1.5'])
      expect(await asked('GET', path), path).to.equal(undefined);
    for (const path of ['/api/groups/:', '/api/groups/:/members/5', '/api/groups/5/members/:', '/api/groups/5/6'])
      expect(await asked('GET', path), path).to.equal(undefined);
    for (const method of ['HEAD', 'POST', 'OPTIONS', 'get'])
      expect(await asked(method, '/api/groups')).to.equal(undefined);
  });
});
