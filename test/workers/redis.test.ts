import { expect } from 'chai';
import { requirePostgresql, requireRedis } from '../support/services.ts';
import { askAnew, type Server, startServer } from './server.ts';

describe('Two workers with PostgreSQL and Redis', function () {
  this.timeout(60_000);
  let server: Server;
  before(async function () {
    await requirePostgresql(this);
    const { url } = await requireRedis(this);
    server = await startServer('postgresql', { REDIS_URL: url, RATE_LIMITS: 'on', RATE_OPERATIONS: '20/60' });
  });
  after(() => server?.end());

  it('hear each other, number every message once, and count limits together', async () => {
    expect(server.output()).to.match(/ {2}cluster {3}Redis, .*\n {2}workers {3}2\n/);
    const [one, other] = [await server.people.signUp('one'), await server.people.signUp('other')];
    const { conversation_id } = await one.rest.ask('open_private_conversation', { other_user_id: other.id });
    const hearers = [...(await server.spread(other, 'websocket')), ...(await server.spread(other, 'polling'))];
    const speakers = await server.spread(one, 'raw');
    const count = 20;
    const answers = await Promise.all(
      speakers.flatMap((speaker) =>
        Array.from({ length: count }, () => speaker.ask('message', { conversation_id, content: 'Hello!' })),
      ),
    );
    const all = Array.from({ length: count * speakers.length }, (_, index) => index + 1);
    expect(answers.map(({ seq }) => seq).sort((a, b) => a - b)).to.deep.equal(all);
    for (const { inbox } of hearers) {
      for (const seq of all) await inbox.next('message', { seq });
      expect(inbox.all('message')).to.have.length(all.length);
    }
    const headers = { authorization: `Bearer ${other.token}` };
    const statuses: number[] = [];
    for (let index = 0; index < 21; index += 1)
      statuses.push((await askAnew(`${server.url}/api/me`, { headers })).status);
    expect(statuses.filter((status) => status === 200)).to.have.length(20);
    const ready = await askAnew(`${server.url}/readyz`);
    expect(JSON.parse(ready.body).checks).to.include({ redis: 'ok' });
  });
});
