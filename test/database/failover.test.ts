import { expect } from 'chai';
import { sql } from 'kysely';
import { openDatabase } from '../../src/server/open-database.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { type PostgreSql, startPostgresql } from '../support/postgresql.ts';
import { freePort } from '../support/processes.ts';
import { skip } from '../support/services.ts';
import { startErrorOf } from './opening.ts';

const DEADLINE_MS = 20_000;

describe('A primary and its standby', function () {
  this.timeout(120_000);
  let primary: PostgreSql;
  let standby: PostgreSql;
  let app: TestApp | undefined;
  before(async function () {
    const started = await startPostgresql();
    if (started === undefined) return skip(this, 'PostgreSQL');
    primary = started;
    standby = (await startPostgresql({ standbyOf: primary.port })) as PostgreSql; // it is installed
  });
  after(async () => {
    await app?.stop();
    await standby?.stop();
    await primary?.stop();
  });

  const urlOf = (...ports: number[]) =>
    `postgres://postgres@${ports.map((port) => `127.0.0.1:${port}`).join()}/postgres?target_session_attrs=read-write`;

  it('are distinguished: of several hosts the writable one is used, in any order', async () => {
    const silent = await freePort();
    for (const ports of [
      [standby.port, primary.port],
      [primary.port, standby.port],
      [silent, standby.port, primary.port],
    ]) {
      const database = await openDatabase({ kind: 'postgresql', url: urlOf(...ports) });
      const { rows } = await sql<{ port: number }>`select inet_server_port() as port`.execute(database.sql);
      expect(rows).to.deep.equal([{ port: primary.port }]);
      await database.close();
    }
  });

  it('are distinguished: a standby alone is refused in one clear line', async () => {
    expect(await startErrorOf({ kind: 'postgresql', url: urlOf(standby.port) })).to.match(
      /it is a standby.*HOST1,HOST2/,
    );
  });

  it('are both refused in one clear line if nothing listens', async () => {
    const silent = await freePort();
    for (const host of ['127.0.0.1', 'localhost']) {
      const error = await startErrorOf({ kind: 'postgresql', url: `postgres://u:secret@${host}:${silent}/db` });
      expect(error).to.equal(
        `PostgreSQL at ${host}:${silent}/db cannot be used: nothing listens there. Is it running? Check host and port in DATABASE_URL.`,
      );
    }
    expect(await startErrorOf({ kind: 'postgresql', url: 'postgres://no-such-host.invalid/db' })).to.match(
      /its host (is unknown|cannot be resolved)/,
    );
  });

  it('change roles, and a running server continues with the new primary', async () => {
    app = await startApp('sqlite', { DATABASE_URL: urlOf(primary.port, standby.port) });
    const [alice, bob] = await app.people('alice', 'bob');
    const { conversation_id } = await alice.rest.ask('create_group', { name: 'all', member_ids: [bob.id] });
    await alice.rest.ask('message', { conversation_id, content: 'before', client_message_id: 'before' });
    const lag = `select count(*) from pg_stat_replication where replay_lsn = pg_current_wal_lsn()`;
    while ((await primary.query(urlOf(primary.port), lag)) !== '1') await new Promise(setImmediate);
    await primary.kill('SIGQUIT');
    await standby.query(`postgres://postgres@127.0.0.1:${standby.port}/postgres`, 'select pg_promote()');
    const until = Date.now() + DEADLINE_MS;
    let answer: Record<string, unknown>;
    do answer = await alice.rest.ask('message', { conversation_id, content: 'after', client_message_id: 'after' });
    while (answer.ok !== true && Date.now() < until);
    expect(answer).to.include({ ok: true });
    const { messages } = await bob.rest.ask('list_messages', { conversation_id });
    const contents = (messages as { content: string }[]).map(({ content }) => content);
    expect(contents).to.include.members(['before', 'after']);
  });
});
