import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { readConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import { CLAIM_TIMES, Claim } from '../../src/installation/claim.ts';
import { DisconnectedServers } from '../../src/installation/disconnected-servers.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { until } from '../cluster/until.ts';
import { freshEnvironment, onEachDatabase } from '../support/app.ts';
import { keptConditions } from '../support/condition-lines.ts';
import type { PostgreSql } from '../support/postgresql.ts';
import { requirePostgresql } from '../support/services.ts';

const TIMES = { ...CLAIM_TIMES, waitMs: 300, tryEveryMs: 20, checkEveryMs: 50, disputedAfterMs: 200 };

type Fresh = Awaited<ReturnType<typeof freshEnvironment>>;

onEachDatabase('A claim', (kind) => {
  let fresh: Fresh;
  const opened: { database: Database; claims: Claim[] }[] = [];
  before(async () => {
    fresh = await freshEnvironment(kind);
  });
  afterEach(async () => {
    for (const { database, claims } of opened.splice(0)) {
      for (const claim of claims) await claim.release();
      await database.close();
    }
  });
  after(() => fresh.remove());

  /** A server reduced to its claim. */
  async function server(shared: boolean) {
    const database = await openDatabase(readConfig(fresh.env).database);
    const kept = keptConditions();
    const claims: Claim[] = [];
    opened.push({ database, claims });
    return {
      ...kept,
      database,
      async claim(times = TIMES) {
        const lock = await database.lock(shared);
        if (lock === undefined) throw new Error('it has no lock');
        claims.push(await Claim.make(lock, kept.conditions, times));
      },
      release: () => claims[0]?.release(),
    };
  }
  const refusal = (claiming: Promise<void>) =>
    claiming.then(
      () => undefined,
      (error: Error) => error.message,
    );

  it('without Redis excludes all other servers, until it is released', async () => {
    const [first, second] = [await server(false), await server(false)];
    await first.claim();
    expect(await refusal(second.claim())).to.include('another server uses this database');
    await first.release();
    await second.claim();
    expect(second.lines('other_server').map(({ state }) => state)).to.deep.equal(['begun', 'over']);
  });

  for (const [title, shared] of [
    ['without Redis', false],
    ['with it', true],
  ] as const)
    it(`of a server ${title} and one of a server in the other mode exclude each other`, async () => {
      const [first, second] = [await server(shared), await server(!shared)];
      await first.claim();
      expect(await refusal(second.claim()))
        .to.include('REDIS_URL')
        .and.include('stop');
    });

  if (kind === 'sqlite')
    it('excludes all other servers on a SQLite file, also with Redis', async () => {
      const [first, second] = [await server(true), await server(true)];
      await first.claim();
      expect(await refusal(second.claim())).to.include('A SQLite file belongs to one server');
    });

  if (kind === 'postgresql') {
    let postgresql: PostgreSql;
    before(async function () {
      postgresql = await requirePostgresql(this);
    });
    const query = (sql: string) => postgresql.query(fresh.env.DATABASE_URL ?? '', sql);
    const OURS = `from pg_stat_activity where application_name = 'mmchat lock' and datname = current_database()`;
    const pids = async () => (await query(`select pid ${OURS} order by pid`)).split('\n').filter((pid) => pid !== '');

    it('with Redis is shared by all servers with Redis', async () => {
      const servers = [await server(true), await server(true), await server(true)];
      for (const each of servers) await each.claim();
      for (const each of servers) expect(each.lines('other_server')).to.deep.equal([]);
    });

    it('is renewed silently when its connection is broken', async () => {
      const first = await server(false);
      await first.claim();
      const [cut] = await pids();
      await query(`select pg_terminate_backend(pid) ${OURS}`);
      await until('it has another connection', async () => (await pids()).some((pid) => pid !== cut));
      const second = await server(false);
      expect(await refusal(second.claim())).to.include('another server uses this database');
      expect(first.lines('other_server')).to.deep.equal([]);
    });

    it('is reported as lost when another server took it meanwhile, and when it is taken back', async () => {
      const first = await server(false);
      await first.claim({ ...TIMES, checkEveryMs: 400 });
      const second = await server(false);
      const taking = second.claim({ ...TIMES, waitMs: 2_000, tryEveryMs: 5 });
      await until('it waits', () => second.lines('other_server').length === 1);
      const [pid] = (await query(`select pid from pg_locks where locktype = 'advisory' and classid = 727002`)).split(
        '\n',
      );
      await query(`select pg_terminate_backend(${pid})`);
      await taking;
      await until('the loss is reported', () => first.lines('other_server').length === 1);
      expect(first.lines('other_server')[0]).to.include({ state: 'begun' });
      expect(first.lines('other_server')[0]?.cause).to.include('took the lock');
      expect(first.lines('other_server')[0]?.next).to.include('REDIS_URL');
      await second.release();
      await until('its end is reported', () => first.lines('other_server').length === 2);
      expect(first.lines('other_server')[1]).to.include({ state: 'over' });
    });

    it('does not delay vacuum: its transaction has neither a snapshot nor an id', async () => {
      const first = await server(false);
      await first.claim();
      await delay(2 * TIMES.checkEveryMs);
      expect(await query(`select backend_xmin is null and backend_xid is null ${OURS}`)).to.equal('t');
    });

    it('reports servers that are not connected through Redis, and when they are again', async () => {
      const [first, second] = [await server(true), await server(true)];
      await first.claim();
      await second.claim();
      const disconnected = new DisconnectedServers(first.database, first.conditions, 50);
      const connected = { isHealthy: true, nodes: 1 };
      await disconnected.check(connected);
      expect(first.lines('server_not_heard'), 'it may be starting').to.deep.equal([]);
      await delay(60);
      await disconnected.check({ ...connected, isHealthy: false });
      expect(first.lines('server_not_heard'), 'no server is connected while Redis is down').to.deep.equal([]);
      await disconnected.check(connected);
      await delay(60);
      await disconnected.check(connected);
      const [line] = first.lines('server_not_heard');
      expect(line).to.include({ state: 'begun' });
      expect(line?.cause).to.include('2 servers use this database, but only 1 of them');
      await disconnected.check({ ...connected, nodes: 2 });
      expect(first.lines('server_not_heard').map(({ state }) => state)).to.deep.equal(['begun', 'over']);
    });
  }
});
