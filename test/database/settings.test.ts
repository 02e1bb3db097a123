import { expect } from 'chai';
import { sql } from 'kysely';
import { openDatabase } from '../../src/server/open-database.ts';
import { startApp, type TestApp } from '../support/app.ts';
import type { PostgreSql } from '../support/postgresql.ts';
import { requirePostgresql } from '../support/services.ts';

/** Settings that a provider or an administrator may have made for a whole database. */
const SETTINGS = [
  `standard_conforming_strings = off`,
  `default_transaction_isolation = serializable`,
  `DateStyle = 'SQL, DMY'`,
  `TimeZone = 'Asia/Kolkata'`,
  `bytea_output = escape`,
  `IntervalStyle = sql_standard`,
  `client_encoding = LATIN1`,
  `lock_timeout = 0`,
];
const HOSTILE = String.raw`\'; drop table left_usernames; -- \\' 👋`;

describe('A database with other defaults', function () {
  this.timeout(120_000);
  let postgresql: PostgreSql;
  let url: string;
  let app: TestApp;
  before(async function () {
    postgresql = await requirePostgresql(this);
    url = await postgresql.createDatabase();
    for (const setting of SETTINGS)
      await postgresql.query(
        url,
        `do $$ begin execute 'alter database ' || current_database() || $s$ set ${setting}$s$; end $$`,
      );
    app = await startApp('sqlite', { DATABASE_URL: url });
  });
  after(async () => {
    await app?.stop();
    await postgresql?.dropDatabase(url);
  });

  it('stores backslashes and quotes unchanged, from any client', async () => {
    expect(await postgresql.query(url, 'show standard_conforming_strings'), 'it is off there').to.equal('off');
    const [alice, bob] = await app.people('alice', 'bob');
    const { conversation_id } = await alice.rest.ask('create_group', { name: HOSTILE, member_ids: [bob.id] });
    const sent = await alice.rest.ask('message', { conversation_id, content: HOSTILE });
    expect(sent).to.include({ ok: true });
    const picture = String.raw`https://example.com/\'x`;
    await alice.rest.ask('update_me', { profile_picture: picture });
    expect(await bob.rest.ask('search_users', { q: String.raw`\' or 1=1 --` })).to.include({ ok: true });
    const { messages } = await bob.rest.ask('list_messages', { conversation_id });
    expect((messages as { content: string }[]).map(({ content }) => content)).to.include(HOSTILE);
    expect(await postgresql.query(url, 'select count(*) from left_usernames')).to.equal('0');
  });

  it('accepts many concurrent sends in one conversation', async () => {
    const people = await app.people('carol', 'dave', 'erin');
    const [carol, ...others] = people;
    const { conversation_id } = await carol.rest.ask('create_group', {
      name: 'all',
      member_ids: others.map(({ id }) => id),
    });
    const asked = Array.from({ length: 30 }, (_, n) =>
      (people[n % 3] ?? carol).rest.ask(n % 5 === 0 ? 'list_messages' : 'message', {
        conversation_id,
        ...(n % 5 !== 0 && { content: `${n}` }),
      }),
    );
    for (const answer of await Promise.all(asked)) expect(answer).to.include({ ok: true });
  });

  it('has every connection configured as the code requires', async () => {
    const database = await openDatabase({ kind: 'postgresql', url });
    const seen = await Promise.all(
      Array.from({ length: 5 }, () =>
        database.transaction(async ({ sql: db }) => {
          const { rows } = await sql<Record<string, string>>`
            select current_setting('standard_conforming_strings') as strings, current_setting('transaction_isolation') as isolation,
              current_setting('client_encoding') as encoding, current_setting('DateStyle') as dates,
              current_setting('idle_in_transaction_session_timeout') as idle, current_setting('application_name') as name`.execute(
            db,
          );
          return rows[0];
        }),
      ),
    );
    await database.close();
    for (const each of seen)
      expect(each).to.deep.equal({
        strings: 'on',
        isolation: 'read committed',
        encoding: 'UTF8',
        dates: 'ISO, MDY',
        idle: '5s',
        name: 'mmchat',
      });
  });
});
