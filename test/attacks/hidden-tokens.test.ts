import { expect } from 'chai';
import { closeAll, connection, enter, upgrade } from '../realtime/connecting.ts';
import { startApp, type TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';

const BASIC = `Basic ${Buffer.from('proxy:password').toString('base64')}`;

describe('A valid token', () => {
  let app: TestApp;
  let alice: Person;
  let stale: string;
  before(async () => {
    app = await startApp();
    alice = await app.person('alice');
    const bob = await app.person('bob');
    stale = bob.cookie;
    await bob.rest.ask('logout');
  });
  after(() => app.stop());
  afterEach(closeAll);

  /** The user of a request with these headers on each transport: the status, or 101 and 200 for Alice. */
  async function waysIn(headers: Record<string, string>): Promise<unknown[]> {
    const me = await fetch(`${app.url}/api/me`, { headers });
    const { id } = (await me.json()) as { id?: number };
    const websocket = await upgrade(app.url, '/api/ws', headers);
    const entered = async (transports: string[]) => {
      const manager = connection(app.url, { extraHeaders: headers, transports });
      return enter(manager, '/chat', undefined).then(
        () => 'entered',
        (error) => error.data?.code,
      );
    };
    return [me.status, id, websocket.status, await entered(['websocket']), await entered(['polling'])];
  }

  const GOOD = () => [200, alice.id, 101, 'entered', 'entered'];
  const BAD = [401, undefined, 401, 'unauthenticated', 'unauthenticated'];

  const shown: Record<string, () => Record<string, string>> = {
    'in a cookie beside the password of a proxy': () => ({ authorization: BASIC, cookie: alice.cookie }),
    'in a cookie beside an unknown scheme': () => ({ authorization: 'Negotiate', cookie: alice.cookie }),
    'in a cookie after one of a session that has ended': () => ({ cookie: `${stale}; ${alice.cookie}` }),
    'in a cookie after damaged ones': () => ({ cookie: `token=; token=x; token={}; token=..; ${alice.cookie}` }),
    'in a cookie in quotes': () => ({ cookie: `a=b;token="${alice.token}";c=d` }),
    'in the fifth cookie': () => ({ cookie: `${`${stale}; `.repeat(4)}${alice.cookie}` }),
    'as Bearer beside a stale cookie': () => ({ authorization: `bearer ${alice.token}`, cookie: stale }),
  };
  for (const [where, headers] of Object.entries(shown))
    it(`is accepted on every transport ${where}`, async () => {
      expect(await waysIn(headers())).to.deep.equal(GOOD());
    });

  const hidden: Record<string, () => Record<string, string>> = {
    'under the name of another cookie': () => ({ cookie: `token2=${alice.token}; xtoken=${alice.token}` }),
    'as the password of another scheme': () => ({ authorization: `Basic ${alice.token}` }),
    'in a cookie beside an invalid Bearer token, which takes precedence': () => ({
      authorization: 'Bearer x',
      cookie: alice.cookie,
    }),
    'in the sixth cookie, because the number of checked cookies is limited': () => ({
      cookie: `${`${stale}; `.repeat(5)}${alice.cookie}`,
    }),
  };
  for (const [where, headers] of Object.entries(hidden))
    it(`is accepted on no transport ${where}`, async () => {
      expect(await waysIn(headers())).to.deep.equal(BAD);
    });
});
