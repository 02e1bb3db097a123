import { expect } from 'chai';
import { openDatabase } from '../../src/server/open-database.ts';
import { startApp } from '../support/app.ts';
import type { PostgreSql } from '../support/postgresql.ts';
import { requirePostgresql } from '../support/services.ts';
import { startErrorOf } from './opening.ts';

/** Ways in which a PostgreSQL user finds tables: the setup for user `u` in the database, and the parameters of the URL. */
const WAYS: Record<string, { setUp: string; parameters?: string; schema: string }> = {
  'the schema public': { setUp: 'grant create on schema public to U', schema: 'public' },
  'a schema of the name of the user': { setUp: 'create schema authorization U', schema: 'U' },
  'the search_path of the user': {
    setUp: 'create schema "of the role" authorization U; alter role U set search_path = "of the role", public',
    schema: 'of the role',
  },
  'the schema of the URL': {
    setUp: `create schema "it's ""x""" authorization U`,
    parameters: `?schema=${encodeURIComponent(`it's "x"`)}`,
    schema: `it's "x"`,
  },
};

describe('A PostgreSQL user without special rights', function () {
  this.timeout(120_000);
  let postgresql: PostgreSql;
  let made = 0;
  let admin: string;
  let user: string;
  before(async function () {
    postgresql = await requirePostgresql(this);
  });
  beforeEach(async () => {
    made += 1;
    user = `ordinary_${made}`;
    admin = await postgresql.createDatabase();
    await postgresql.query(admin, `create role ${user} login`);
  });
  afterEach(async () => {
    await postgresql.dropDatabase(admin);
    await postgresql.query(admin.replace(/[^/]*$/, 'postgres'), `drop role ${user}`);
  });

  const urlOf = (parameters = '') => admin.replace('postgres@', `${user}@`) + parameters;

  for (const [way, { setUp, parameters, schema }] of Object.entries(WAYS))
    it(`has the tables in ${way}, at the first start and at the second`, async () => {
      await postgresql.query(admin, setUp.replaceAll('U', user));
      const DATABASE_URL = urlOf(parameters);
      for (const start of ['first', 'second']) {
        const app = await startApp('sqlite', { DATABASE_URL });
        try {
          const [alice, bob] = await app.people(`${start}_a`, `${start}_b`);
          const { conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id });
          expect(await alice.rest.ask('message', { conversation_id, content: start })).to.include({ ok: true });
          expect(await bob.rest.ask('list_conversations')).to.include({ ok: true });
          expect((await fetch(`${app.url}/readyz`)).status).to.equal(200);
        } finally {
          await app.stop();
        }
      }
      const where = await postgresql.query(
        admin,
        `select distinct nspname from pg_class c join pg_namespace n on n.oid = relnamespace
        where relname in ('users', 'messages', 'mikro_orm_migrations') and relkind = 'r'`,
      );
      expect(where).to.equal(schema.replace('U', user));
    });

  it('can use its own schema while another program uses `public`', async () => {
    await postgresql.query(
      admin,
      `create table users (id int); create table mikro_orm_migrations (id int, name text);
      insert into mikro_orm_migrations values (1, 'Migration2000_of_others'); grant select on all tables in schema public to ${user};
      create schema authorization ${user}`,
    );
    for (const _ of ['first', 'second']) {
      const database = await openDatabase({ kind: 'postgresql', url: urlOf() });
      await database.close();
    }
    expect(await postgresql.query(admin, 'select count(*) from public.mikro_orm_migrations')).to.equal('1');
  });

  const TABLES = `select count(*) from pg_class c join pg_namespace n on n.oid = relnamespace
    where relkind = 'r' and nspname not in ('pg_catalog', 'information_schema')`;

  it('gets an error about tables of another program, and nothing is written', async () => {
    await postgresql.query(
      admin,
      `grant create on schema public to ${user}; create table users (id int); create table messages (id int)`,
    );
    const error = await startErrorOf({ kind: 'postgresql', url: urlOf() });
    expect(error)
      .to.match(/^not MmChat's database: .*(users|messages).*\?schema=NAME.*docs\/coming-from-go\.md/)
      .and.not.include('\n');
    expect(await postgresql.query(admin, TABLES)).to.equal('2');
  });

  it('gets an error if it is not permitted to create tables', async () => {
    await postgresql.query(admin, 'revoke create on schema public from public');
    expect(await startErrorOf({ kind: 'postgresql', url: urlOf() })).to.match(/may not create tables there/);
    expect(await postgresql.query(admin, TABLES)).to.equal('0');
  });

  it('gets an error about a schema that does not exist, which is created only if configured', async () => {
    const config = { kind: 'postgresql', url: urlOf('?schema=missing') } as const;
    expect(await startErrorOf(config)).to.match(/schema "missing" .* does not exist.*DATABASE_CREATE=on/);
    await postgresql.query(
      admin,
      `do $$ begin execute 'grant create on database ' || current_database() || ' to ${user}'; end $$`,
    );
    const database = await openDatabase({ ...config, create: true });
    expect(database.created).to.equal('a new schema was made: missing');
    await database.close();
  });

  it('gets an error about a search_path without a schema', async () => {
    await postgresql.query(admin, `alter role ${user} set search_path = ''`);
    expect(await startErrorOf({ kind: 'postgresql', url: urlOf() })).to.match(/search_path/);
  });

  it('gets an error about a read-only role', async () => {
    await postgresql.query(admin, `alter role ${user} set default_transaction_read_only = on`);
    expect(await startErrorOf({ kind: 'postgresql', url: urlOf() })).to.match(/default_transaction_read_only/);
  });

  it('gets an error about a database that does not exist, which is created only if configured, in UTF8', async () => {
    const url = urlOf().replace(/[^/]*$/, `mistyped_${made}`);
    expect(await startErrorOf({ kind: 'postgresql', url })).to.match(/no such database.*DATABASE_CREATE=on/);
    const missing = `select count(*) from pg_database where datname like 'mistyped%'`;
    expect(await postgresql.query(admin, missing)).to.equal('0');
    await postgresql.query(admin, `alter role ${user} createdb`);
    const database = await openDatabase({ kind: 'postgresql', url, create: true });
    expect(database.created)
      .to.match(/^a new database was made: .*mistyped/)
      .and.not.include(user);
    await database.close();
    const encoding = `select pg_encoding_to_char(encoding) from pg_database where datname like 'mistyped%'`;
    expect(await postgresql.query(admin, encoding)).to.equal('UTF8');
    await postgresql.dropDatabase(url);
  });

  for (const encoding of ['LATIN1', 'SQL_ASCII'])
    it(`gets an error about a database in ${encoding}, and how to create one in UTF8`, async () => {
      const url = urlOf().replace(/[^/]*$/, `other_${encoding}`);
      await postgresql.query(
        admin,
        `create database "other_${encoding}" template template0 encoding '${encoding}' owner ${user}`,
      );
      const error = await startErrorOf({ kind: 'postgresql', url });
      expect(error)
        .to.match(new RegExp(`${encoding}.*create database .* encoding 'UTF8'`))
        .and.not.include('\n');
      await postgresql.dropDatabase(url);
    });
});
