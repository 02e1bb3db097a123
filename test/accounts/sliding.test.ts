import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { sql } from 'kysely';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { raw, rawAt, rest, socketio } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { requireRedis } from '../support/services.ts';
import { claimsOf, forge } from './forged-tokens.ts';
import { withDatabase } from './requests.ts';

const MINUTE_MS = 60_000;
const TTL_MS = 1_440 * MINUTE_MS;
const DAY_MS = 86_400_000;

onEachDatabase('A session in use', (kind) => {
  let app: TestApp;
  before(async function () {
    // several nodes require Redis
    app = await startApp(kind, kind === 'postgresql' ? { REDIS_URL: (await requireRedis(this)).url } : {});
  });
  after(() => app.stop());

  /** A user who logged in that long ago, with the session and the token as they would be now. */
  async function loggedIn(agoMs: number, leftMs = TTL_MS - agoMs) {
    const person = await app.person();
    const claims = claimsOf(person);
    const end = Math.floor((Date.now() + leftMs) / 1_000) * 1_000;
    await withDatabase(app, ({ sql: db }) =>
      sql`update sessions set created_at = ${Date.now() - agoMs}, expires_at = ${end} where id = ${claims.sid}`.execute(
        db,
      ),
    );
    return { person, sid: claims.sid, end, token: forge(app, { ...claims, exp: end / 1_000 }) };
  }
  const endOf = (sid: string) =>
    withDatabase(app, async ({ sql: db }) => {
      const { rows } = await sql<{ end: number }>`select expires_at as end from sessions where id = ${sid}`.execute(db);
      return Number(rows[0]?.end);
    });
  const get = (token: string, path = 'me') =>
    fetch(`${app.url}/api/${path}`, { headers: { cookie: `token=${token}` } });
  const cookieOf = (response: Response) => /(?:^|, )token=([^;]+)/.exec(response.headers.get('set-cookie') ?? '')?.[1];

  it('is extended to a full lifetime, and its browser receives a new cookie, once a quarter has passed', async () => {
    const { sid, token, end } = await loggedIn(TTL_MS / 4 + MINUTE_MS);
    const response = await get(token);
    expect(response.status).to.equal(200);
    const renewed = cookieOf(response) ?? '';
    const cookie = response.headers.get('set-cookie');
    for (const attribute of ['path=/', 'httponly', 'samesite=lax']) expect(cookie).to.include(attribute);
    expect(await endOf(sid)).to.be.within(Date.now() + TTL_MS - 5_000, Date.now() + TTL_MS);
    const { sid: same, exp } = claimsOf({ token: renewed } as Person);
    expect(same).to.equal(sid);
    expect(exp * 1_000).to.be.above(end);
    const [again, old] = [await get(renewed), await get(token)];
    expect([again.status, cookieOf(again)]).to.deep.equal([200, undefined]);
    expect(old.status, 'the old token is valid until it expires').to.equal(200);
  });

  it('is not changed in the first quarter', async () => {
    const { sid, token, end } = await loggedIn(TTL_MS / 4 - MINUTE_MS);
    expect(cookieOf(await get(token))).to.equal(undefined);
    expect(await endOf(sid)).to.equal(end);
  });

  it('is written once for any number of requests with the old cookie, which all receive the same new one', async () => {
    const { sid, token } = await loggedIn(TTL_MS / 2);
    const all = await Promise.all(Array.from({ length: 20 }, () => get(token)));
    const cookies = new Set(all.map((each) => cookieOf(each)));
    expect(cookies.size).to.equal(1);
    const first = await endOf(sid);
    await sleep(20);
    expect(cookieOf(await get(token))).to.equal([...cookies][0]);
    expect(await endOf(sid)).to.equal(first);
  });

  it('ends at most 90 days after the login', async () => {
    const { sid, token } = await loggedIn(90 * DAY_MS - TTL_MS / 2, TTL_MS / 4);
    const renewed = cookieOf(await get(token)) ?? '';
    const latest = await endOf(sid);
    expect(latest - Date.now()).to.be.within(TTL_MS / 2 - 5_000, TTL_MS / 2);
    expect(cookieOf(await get(renewed)), 'nothing can be added').to.equal(undefined);
    expect(await endOf(sid)).to.equal(latest);
  });

  it('is not renewed when it is logged out, and its cookie is not set again', async () => {
    const { token } = await loggedIn(TTL_MS / 2);
    const response = await fetch(`${app.url}/api/logout`, { method: 'POST', headers: { cookie: `token=${token}` } });
    expect(response.headers.get('set-cookie')).to.match(/token=;/);
    expect((await get(token)).status).to.equal(401);
  });

  for (const transport of ['rest', 'raw', 'socketio'] as const)
    it(`returns a new token to a program over ${transport}`, async () => {
      const { sid, token, end } = await loggedIn(TTL_MS / 2);
      const client = await { rest, raw, socketio }[transport](app.url, token);
      const { ok, token: renewed, expires_at } = await client.ask('renew');
      expect(ok).to.equal(true);
      expect(Date.parse(expires_at)).to.be.above(end);
      expect(claimsOf({ token: renewed } as Person)).to.include({ sid, exp: Date.parse(expires_at) / 1_000 });
      expect(await rest(app.url, renewed).ask('me')).to.include({ ok: true });
      const again = await client.ask('renew');
      expect(again.expires_at, 'it is too early for another renewal').to.equal(expires_at);
      client.close();
    });

  it('is never returned in a body to a client with a cookie, whose cookie is renewed instead', async () => {
    const { sid, token } = await loggedIn(TTL_MS / 2);
    const headers = { cookie: `token=${token}` };
    const response = await fetch(`${app.url}/api/renew`, { method: 'POST', headers });
    expect(Object.keys((await response.json()) as object)).to.have.members(['success', 'expires_at']);
    expect(claimsOf({ token: cookieOf(response) ?? '' } as Person).sid).to.equal(sid);
    const renewed = { cookie: `token=${cookieOf(response)}` };
    const client = await rawAt(`${app.url.replace('http', 'ws')}/api/ws`, renewed);
    expect(await client.ask('renew'))
      .to.include({ ok: true })
      .and.not.have.property('token');
    client.close();
  });

  it('keeps its sockets open when their first token expires, and closes them when it ends', async () => {
    const { person, token } = await loggedIn(TTL_MS - 2_500, 2_500);
    const idle = await loggedIn(TTL_MS - 2_500, 2_500);
    const clients = [await socketio(app.url, token), await raw(app.url, token)];
    const lost = await raw(app.url, idle.token);
    const tokenOf = claimsOf(idle.person).sid;
    // as it was before connecting, which renews it too
    await withDatabase(app, ({ sql: db }) =>
      sql`update sessions set created_at = ${Date.now() - TTL_MS}, expires_at = ${idle.end} where id = ${tokenOf}`.execute(
        db,
      ),
    );
    expect((await lost.inbox.next('error')).error.code).to.equal('unauthenticated');
    expect(await lost.closed).to.equal(4401);
    await sleep(1_200); // one more round of checks
    for (const client of clients) expect(await client.ask('me')).to.include({ ok: true, id: person.id });
    await person.rest.ask('logout');
    for (const client of clients) await client.closed;
  });

  // a SQLite file belongs to one process
  if (kind === 'postgresql')
    it('is seen as renewed by another node', async () => {
      const other = await createApp(readConfig({ ...app.env }));
      try {
        const { token } = await loggedIn(TTL_MS - 3_000, 3_000);
        const client = await raw(other.url, token);
        expect(await rest(app.url, token).ask('renew')).to.include({ ok: true });
        await sleep(4_500);
        expect(await client.ask('me')).to.include({ ok: true });
        client.close();
      } finally {
        await other.stop();
      }
    });
});
