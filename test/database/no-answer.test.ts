import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { sql } from 'kysely';
import type { Database } from '../../src/database/database.ts';
import { databaseFault } from '../../src/database/errors.ts';
import { ConnectionWatch } from '../../src/database/postgresql/connection-watch.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { type ClusterNode, startNodeHere } from '../cluster/node.ts';
import { pausePostgresql } from '../cluster/pause-postgresql.ts';
import { until } from '../cluster/until.ts';
import { readiness } from '../monitoring/operator.ts';
import { freshEnvironment } from '../support/app.ts';
import { raw, rest, socketio } from '../support/clients.ts';
import { type HoldingProxy, startHoldingProxy } from '../support/holding-proxy.ts';
import { People, type Person, post } from '../support/people.ts';
import { type PostgreSql, startPostgresql } from '../support/postgresql.ts';
import { requirePostgresql } from '../support/services.ts';
import { linesOf, linesOfCondition } from './program-log.ts';

const SILENT_AFTER_MS = 500;
/** A call is answered after 10 s; the rest is for a busy machine. */
const ANSWERED_WITHIN_MS = 11_500;

describe('Connections to PostgreSQL that are dead', () => {
  let line: HoldingProxy;
  let database: Database;
  let drop: () => Promise<void>;
  before(async function () {
    this.timeout(120_000);
    const postgresql = await requirePostgresql(this);
    const url = new URL(await postgresql.createDatabase());
    line = await startHoldingProxy(postgresql.port);
    const behind = new URL(url);
    behind.port = String(line.port);
    database = await openDatabase(
      { kind: 'postgresql', url: behind.href },
      { watch: new ConnectionWatch(SILENT_AFTER_MS) },
    );
    drop = async () => {
      await database.close();
      line.cut();
      await postgresql.dropDatabase(url.href);
    };
    await sql`create table things (a integer primary key)`.execute(database.sql);
  });
  after(() => drop?.());

  const pids = async (count: number, seconds = 0.1) => {
    const asked = Array.from({ length: count }, () =>
      sql<{ pid: number }>`select pg_backend_pid() as pid, pg_sleep(${seconds})`.execute(database.sql),
    );
    return (await Promise.all(asked)).map(({ rows }) => rows[0]?.pid);
  };
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('are closed together with all idle ones when a query gets no answer, and new ones are opened', async () => {
    const before = await pids(5);
    line.forget();
    const began = performance.now();
    const errors = await Promise.all([
      failure(sql`select 1`.execute(database.sql)),
      failure(database.transaction(({ sql: db }) => sql`select 1`.execute(db))),
      failure(database.entities().getConnection().execute('select 1')),
    ]);
    expect(performance.now() - began).to.be.within(SILENT_AFTER_MS - 1, SILENT_AFTER_MS * 6);
    for (const error of errors)
      expect(databaseFault(error)).to.include({ answer: 'database_unavailable', code: 'NO_ANSWER' });
    const again = performance.now();
    const after = await pids(5);
    expect(after.filter((pid) => before.includes(pid))).to.deep.equal([]);
    expect(performance.now() - again, 'none has to be found silent first').to.be.below(SILENT_AFTER_MS * 4);
  });

  it('are closed without idle ones on which an answer arrived lately', async () => {
    await pids(5);
    const silent = failure(sql`select pg_sleep(${(SILENT_AFTER_MS / 1_000) * 4})`.execute(database.sql));
    const alive = new Set(await pids(2));
    let isOver = false;
    void silent.then(() => {
      isOver = true;
    });
    while (!isOver) {
      await delay(SILENT_AFTER_MS / 10);
      for (const pid of await pids(2, 0)) alive.add(pid);
    }
    expect(databaseFault(await silent)?.code).to.equal('NO_ANSWER');
    for (const pid of await pids(2)) alive.add(pid);
    expect(alive.size, 'the same two all the time').to.equal(2);
  });

  it('in a transaction do not wait for its rollback', async () => {
    const began = performance.now();
    const error = await failure(
      database.transaction(async ({ sql: db }) => {
        await sql`insert into things values (1)`.execute(db);
        line.forget();
        await sql`insert into things values (2)`.execute(db);
      }),
    );
    expect(databaseFault(error)?.code).to.equal('NO_ANSWER');
    expect(performance.now() - began).to.be.below(SILENT_AFTER_MS * 6);
    await until('the connections are new', async () => (await failure(pids(1))) === undefined);
    expect((await sql`select a from things`.execute(database.sql)).rows).to.deep.equal([]);
  });

  it('are not those on which answers arrive, however long all of them take', async () => {
    const rows = sql`select n, pg_sleep(0.05), repeat('x', 20000) from generate_series(1, 40) n`.execute(database.sql);
    expect((await rows).rows).to.have.length(40);
  });

  it('are only those on which an answer is awaited', async () => {
    const before = await pids(3);
    await delay(SILENT_AFTER_MS * 2);
    expect((await pids(3)).sort()).to.deep.equal(before.sort());
  });
});

describe('A server whose PostgreSQL does not answer', function () {
  this.timeout(120_000);
  let postgresql: PostgreSql;
  let line: HoldingProxy;
  let program: ClusterNode;
  let people: People;
  let alice: Person;
  let bob: Person;
  let conversation_id: number;
  let url: string;
  let remove: () => Promise<void>;
  before(async function () {
    postgresql = (await startPostgresql()) ?? (await requirePostgresql(this)); // skips or fails if it is not installed
    line = await startHoldingProxy(postgresql.port);
    url = await postgresql.createDatabase();
    const behind = new URL(url);
    behind.port = String(line.port);
    const fresh = await freshEnvironment('sqlite', { DATABASE_URL: behind.href, LOG_LEVEL: 'info' });
    program = await startNodeHere(fresh.env);
    people = new People(program.url, fresh.smtp);
    remove = fresh.remove;
    alice = await people.signUp('alice');
    bob = await people.signUp('bob');
    ({ conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id }));
  });
  after(async () => {
    people?.closeClients();
    await program?.stop();
    line?.cut();
    await postgresql?.stop();
    await remove?.();
  });

  const stored = async (content: string) =>
    Number(await postgresql.query(url, `select count(*) from messages where content = '${content}'`));
  const send = async (who: Person, content: string, more: object = {}) => {
    const asked = performance.now();
    const answer = await rest(program.url, who.token).ask('message', { conversation_id, content, ...more });
    return { answer, ms: performance.now() - asked };
  };
  const over = (condition: string, times: number) =>
    until(
      `${condition} is over`,
      () => linesOfCondition(program, condition).filter(({ state }) => state === 'over').length === times,
    );

  it('on existing connections continues with new ones after 8 s, is not ready meanwhile, and logs it once', async () => {
    expect((await send(alice, 'before')).answer).to.include({ ok: true });
    const { status } = await readiness(program.url);
    expect(status).to.equal(200);
    line.forget();
    const first = send(alice, 'lost'); // without a client_message_id: it must not be repeated
    await delay(4_000); // it may be committed for 9 s
    const second = send(bob, 'waited', { client_message_id: 'waited' });
    await until('it is not ready', async () => (await readiness(program.url)).status === 503, 6_000);
    const lost = await first;
    expect(lost.answer).to.deep.include({ ok: false, status: 503 });
    expect(lost.answer.error.code).to.equal('database_unavailable');
    expect(lost.ms).to.be.within(7_500, ANSWERED_WITHIN_MS);
    expect((await second).answer, 'what waited behind it').to.include({ ok: true });
    await until('it is ready', async () => (await readiness(program.url)).status === 200);
    expect((await send(alice, 'after')).answer).to.include({ ok: true });
    expect(await Promise.all(['lost', 'waited', 'after'].map(stored))).to.deep.equal([0, 1, 1]);
    await over('database_unavailable', 1);
    await over('writer_stuck', 1);
    const [begun, ...rest] = linesOfCondition(program, 'database_unavailable');
    expect(begun).to.include({ state: 'begun', code: 'NO_ANSWER' });
    expect(begun?.cause).to.match(/^No answer came/);
    expect(begun?.next).to.match(/NAT/);
    expect(rest.map(({ state }) => state)).to.deep.equal(['over']);
    expect(linesOfCondition(program, 'writer_stuck').map(({ state }) => state)).to.deep.equal(['begun', 'over']);
  });

  it('on any connection answers every kind of request within 10 s, and logs it once', async () => {
    const [one, other, third] = await Promise.all([1, 2, 3].map(() => people.logIn(alice)));
    const paused = pausePostgresql(postgresql);
    const lines = linesOf(program).length;
    paused.pause();
    const ways: Record<string, () => Promise<unknown>> = {
      'a REST call with an unknown session': async () => (await rest(program.url, one?.token).ask('me')).error.code,
      'a CONNECT': () => socketio(program.url, other?.token ?? '').catch(() => 'closed'),
      'an upgrade': () => raw(program.url, third?.token ?? '').catch(() => 'refused'),
      'a login': async () =>
        (await post(`${program.url}/api/login`, { username: alice.username, password: 'StrongPassword123' })).status,
      'a send': async () => (await send(bob, 'paused')).answer.error.code,
    };
    try {
      const began = performance.now();
      const answers = await Promise.all(
        Object.entries(ways).map(async ([way, ask]) => [way, await ask(), performance.now() - began] as const),
      );
      for (const [way, , ms] of answers) expect(ms, way).to.be.below(ANSWERED_WITHIN_MS);
      expect(answers.map(([, answer]) => answer)).to.deep.equal([
        'database_unavailable',
        'closed',
        'refused',
        503,
        'database_unavailable',
      ]);
    } finally {
      paused.resume();
    }
    await over('database_unavailable', 2);
    const since = linesOf(program).slice(lines);
    expect(
      since.filter(({ condition }) => condition === 'database_unavailable').map(({ state }) => state),
    ).to.deep.equal(['begun', 'over']);
    expect(
      since.filter(({ msg }) => /failed/.test(msg)),
      'no line for each call',
    ).to.deep.equal([]);
    expect((await send(alice, 'thawed')).answer).to.include({ ok: true });
  });
});
