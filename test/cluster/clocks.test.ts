import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { Client } from '../support/clients.ts';
import { type FakeClock, requireFakeClock } from '../support/faketime.ts';
import { COMPILED_ONCE } from '../support/processes.ts';
import { IS_SOAK } from '../support/soak.ts';
import { type Cluster, type Member, startCluster } from './cluster.ts';
import { until } from './until.ts';

const HOUR_SEC = 3_600;
const DAY_SEC = 86_400;
const OFFLINE_WITHIN_MS = IS_SOAK ? 15_000 : 10_000;
const LOGGED_WITHIN_MS = 12_000;

describe('A node whose clock is wrong', () => {
  let cluster: Cluster;
  let clock: FakeClock;
  before(async function () {
    this.timeout(120_000);
    clock = requireFakeClock(this);
    cluster = await startCluster(this, { here: 1, processes: 1, env: IS_SOAK ? {} : { NODE_LEASE_SEC: '3' } });
    await cluster.add({ LOG_LEVEL: 'info', ...clock.env });
  });
  afterEach(() => clock?.set(0));
  after(() => cluster?.stop());

  const wrong = () => cluster.node(2);
  const lines = () =>
    wrong()
      .output()
      .split('\n')
      .filter((line) => line.includes('clock_differs'))
      .map((line) => JSON.parse(line));

  /** A group of three, with a client of the first on the wrong node that sees the others come. */
  async function scene() {
    const [watcher, here, elsewhere] = (await cluster.enroll(3)) as [Member, Member, Member];
    const conversation_id = await cluster.group(cluster.node(0), watcher, here, elsewhere);
    const watching = await cluster.client(wrong(), watcher, 'socketio');
    const near = await cluster.client(wrong(), here);
    await cluster.client(cluster.node(1), elsewhere);
    for (const { id } of [here, elsewhere]) await watching.inbox.next('presence', { sender_id: id, content: 'online' });
    return { conversation_id, watcher, watching, near, here, elsewhere };
  }
  const expectOnTime = async (client: Client, conversation_id: number) => {
    const { message_id } = await client.ask('message', { conversation_id, content: 'What time is it?' });
    const [[at]] = (await cluster.query(`select created_at from messages where id = ${message_id}`)) as [[string]];
    expect(Math.abs(Number(at) - Date.now()), 'ms that a message is off').to.be.below(2_000);
  };

  it('suddenly an hour behind, still reports who comes online and goes offline and which nodes die, and logs that its clock is wrong', async function () {
    this.timeout(120_000);
    const { conversation_id, watching, near, here, elsewhere } = await scene();
    const before = lines().length;
    clock.set(-HOUR_SEC);
    await expectOnTime(near, conversation_id);
    near.close();
    await watching.inbox.next('presence', { sender_id: here.id, content: 'offline' });
    await cluster.process(0).kill('SIGKILL');
    await watching.inbox.next('presence', { sender_id: elsewhere.id, content: 'offline' }, OFFLINE_WITHIN_MS);
    await until('it is logged', () => lines().length > before, LOGGED_WITHIN_MS);
    expect(lines()[before]).to.include({ state: 'begun', code: 'behind' });
    expect(lines()[before].cause).to.match(/ is 3(599|600|601) s behind the database's$/);
    expect(lines()[before].next).to.match(/Set the clock/);
    clock.set(0);
    await until('its end is logged', () => lines().length > before + 1, LOGGED_WITHIN_MS);
    expect(lines()[before + 1]).to.include({ state: 'over' });
  });

  it('two days ahead, ends no session and closes no connection', async function () {
    this.timeout(120_000);
    const [one, other] = (await cluster.enroll(2)) as [Member, Member];
    const conversation_id = await cluster.group(cluster.node(0), one, other);
    const client = await cluster.client(wrong(), one);
    const before = lines().length;
    clock.set(2 * DAY_SEC);
    await until('it is logged', () => lines().length > before, LOGGED_WITHIN_MS);
    expect(lines()[before]).to.include({ state: 'begun', code: 'ahead' });
    await expectOnTime(client, conversation_id);
    expect(await cluster.rest(wrong(), other).ask('me'), 'a token that it has not seen').to.include({ ok: true });
    const { ticket } = await cluster.rest(wrong(), one).ask('ws_ticket');
    expect(ticket).to.be.a('string');
    clock.set(0);
    await until('its end is logged', () => lines().length > before + 1, LOGGED_WITHIN_MS);
  });

  it('two days ahead, deletes no session, ticket or code of the shared database that has not expired', async function () {
    this.timeout(120_000);
    await cluster.enroll(3);
    const count = async () => cluster.query('select count(*) from sessions');
    const before = await count();
    clock.set(2 * DAY_SEC);
    const url = cluster.databaseUrl;
    const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'periodic-work.ts')], {
      env: { ...COMPILED_ONCE, PATH: process.env.PATH, DATABASE_URL: url, ...clock.env },
    });
    expect(stdout, 'need its clock to be wrong').to.equal('swept 2\n');
    expect(await count()).to.deep.equal(before);
  });
});
