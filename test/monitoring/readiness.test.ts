import { expect } from 'chai';
import { sql } from 'kysely';
import { readConfig } from '../../src/config/config.ts';
import { readinessOf } from '../../src/monitoring/readiness.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { startProgram } from '../config/program.ts';
import { freshEnvironment, startApp } from '../support/app.ts';
import { startHoldingProxy } from '../support/holding-proxy.ts';
import { post } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { startRedis } from '../support/redis.ts';
import { requirePostgresql, requireRedis } from '../support/services.ts';
import { numbersOf, readiness, until } from './operator.ts';

const BUSY = 'mmchat_database_pool{state="busy"}';
const READY = { serving: 'ok', database: 'ok', redis: 'not configured', migrations: 'ok' };

describe('A server reports that it', () => {
  it('is alive', async () => {
    const app = await startApp();
    const response = await fetch(`${app.url}/healthz`);
    expect([response.status, await response.json()]).to.deep.equal([200, { status: 'ok' }]);
    await app.stop();
  });

  it('is ready, with its checks', async () => {
    const app = await startApp();
    expect(await readiness(app.url)).to.deep.equal({ status: 200, checks: READY });
    await app.stop();
  });

  it('has a migration that is not, or no longer, applied in the database', async () => {
    const app = await startApp();
    const database = await openDatabase(readConfig(app.env).database);
    try {
      const last = sql`(select max(id) from mikro_orm_migrations)`;
      const rename = (from: string, to: string) =>
        sql`update mikro_orm_migrations set name = replace(name, ${from}, ${to}) where id = ${last}`.execute(
          database.sql,
        );
      await rename('Migration', 'Other');
      expect(await readiness(app.url)).to.deep.equal({ status: 503, checks: { ...READY, migrations: 'failing' } });
      await rename('Other', 'Migration');
      expect((await readiness(app.url)).status).to.equal(200);
    } finally {
      await database.close();
      await app.stop();
    }
  });

  it('cannot reach its database, within about a second, and when it can again', async function () {
    this.timeout(120_000);
    const { line, env, remove } = await behindALine(this);
    const app = await startApp('sqlite', env);
    try {
      expect((await readiness(app.url)).status).to.equal(200);
      line.hold();
      const began = Date.now();
      const answers = await Promise.all(Array.from({ length: 20 }, () => readiness(app.url)));
      expect(Date.now() - began).to.be.below(3_000);
      for (const answer of answers)
        expect(answer).to.deep.equal({ status: 503, checks: { ...READY, database: 'failing' } });
      expect((await fetch(`${app.url}/healthz`)).status).to.equal(200);
      expect((await numbersOf(app.url)).get(BUSY)).to.equal(1); // one query for any number of requests
      line.release();
      await until(async () => (await readiness(app.url)).status === 200);
    } finally {
      line.release();
      await app.stop();
      await remove();
    }
  });

  it('cannot reach Redis, counts lost publishes, and recovers automatically', async function () {
    this.timeout(120_000);
    await requireRedis(this);
    const own = await startRedis();
    if (own === undefined) return this.skip();
    const app = await startApp('sqlite', { REDIS_URL: own.url });
    try {
      expect(await readiness(app.url)).to.deep.equal({ status: 200, checks: { ...READY, redis: 'ok' } });
      expect((await numbersOf(app.url)).get('mmchat_cluster_healthy')).to.equal(1);
      await own.kill('SIGKILL');
      await until(async () => (await readiness(app.url)).status === 503);
      expect((await readiness(app.url)).checks).to.deep.equal({ ...READY, redis: 'failing' });
      await until(async () => ((await numbersOf(app.url)).get('mmchat_publishes_lost_total') ?? 0) > 0);
      expect((await numbersOf(app.url)).get('mmchat_cluster_healthy')).to.equal(0);
      await own.restart();
      await until(async () => (await readiness(app.url)).status === 200);
    } finally {
      await app.stop();
      await own.stop();
    }
  });

  it('is stopping: it accepts no more clients, and METRICS_ADDR answers until the end', async function () {
    this.timeout(120_000);
    const { line, env, remove } = await behindALine(this);
    const folder = makeTemporaryFolder('readiness');
    const fresh = await freshEnvironment('sqlite', { ...env, METRICS_ADDR: '127.0.0.1:0' });
    const program = await startProgram(folder, fresh.env);
    try {
      expect((await readiness(program.url)).status).to.equal(200);
      const [, own = ''] = / {2}metrics {3}(\S+)\/metrics/.exec(program.output()) ?? [];
      line.hold();
      // stopping waits for what the database blocks
      const login = post(`${program.url}/api/login`, { username: 'nobody', password: 'StrongPassword123' });
      await until(async () => ((await numbersOf(own)).get(BUSY) ?? 0) > 0);
      process.kill(program.pid, 'SIGTERM');
      await until(async () => (await readiness(own)).checks.serving === 'failing');
      expect((await readiness(own)).status).to.equal(503);
      expect(await fetch(`${program.url}/readyz`).catch(({ cause }) => cause.code)).to.equal('ECONNREFUSED');
      line.release();
      expect((await login).status).to.equal(401);
      expect(await program.ended).to.equal(0);
    } finally {
      line.release();
      await program.stop();
      await fresh.remove();
      await remove();
      removeTemporaryFolder(folder);
    }
  });
});

/** An empty PostgreSQL database behind a TCP proxy that can be held. */
async function behindALine(context: Mocha.Context) {
  const postgresql = await requirePostgresql(context);
  const database = await postgresql.createDatabase();
  const line = await startHoldingProxy(postgresql.port);
  const url = new URL(database);
  url.port = String(line.port);
  async function remove(): Promise<void> {
    line.cut();
    await postgresql.dropDatabase(database);
  }
  return { line, env: { DATABASE_URL: url.href }, remove };
}

describe('Concurrent requests for readiness', () => {
  it('cause one check of the database', async () => {
    let [asked, counted] = [0, 0];
    const readiness = readinessOf({
      async askDatabase() {
        asked += 1;
      },
      databaseFailed: () => undefined,
      databaseChecks: {},
      async pendingMigrations() {
        counted += 1;
        return 0;
      },
      redisIsHealthy: undefined,
      draining: () => false,
    });
    const answers = await Promise.all(Array.from({ length: 50 }, () => readiness()));
    expect(answers.every(({ ready }) => ready)).to.equal(true);
    expect([asked, counted]).to.deep.equal([1, 1]);
  });
});
