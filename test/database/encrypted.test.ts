import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { sql } from 'kysely';
import { databaseOf } from '../../src/config/database-url.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { Authority } from '../support/certificates.ts';
import { type PostgreSql, startPostgresql } from '../support/postgresql.ts';
import { requirePostgresql, skip } from '../support/services.ts';
import { problemsOf, startErrorOf } from './opening.ts';

/** Accepts encrypted connections only; `carol` needs a certificate, `dave` a password. */
const HBA = `local all all trust
hostssl all carol 127.0.0.1/32 cert
hostssl all dave 127.0.0.1/32 scram-sha-256
hostssl all all 127.0.0.1/32 trust
`;

describe('A PostgreSQL that accepts only encrypted connections', function () {
  this.timeout(120_000);
  let authority: Authority;
  let stranger: Authority;
  let postgresql: PostgreSql;
  let carol: ReturnType<Authority['issue']>;
  let at: string;

  before(async function () {
    authority = new Authority();
    stranger = new Authority('Somebody else');
    const server = authority.issue({ names: 'DNS:localhost', user: 'localhost' });
    carol = authority.issue({ user: 'carol' });
    const started = await startPostgresql({
      files: {
        'server.crt': server.cert,
        'server.key': server.key,
        'ca.crt': readFileSync(authority.file, 'utf8'),
      },
      settings: ['ssl=on', 'ssl_ca_file=ca.crt', 'listen_addresses=localhost,127.0.0.1'],
      hba: HBA,
    });
    if (started === undefined) return skip(this, 'PostgreSQL');
    postgresql = started;
    at = `localhost:${postgresql.port}`;
    const roles = `create role carol login superuser; create role dave login superuser password 'right'`;
    await postgresql.query(`postgres://postgres@127.0.0.1:${postgresql.port}/postgres`, roles);
  });
  after(async () => {
    authority?.remove();
    stranger?.remove();
    await postgresql?.stop();
  });

  const url = (parameters: string, { user = 'postgres', host = at } = {}) =>
    `postgres://${user}@${host}/postgres?${parameters}`;

  async function isEncrypted(given: string): Promise<unknown> {
    const database = await openDatabase({ kind: 'postgresql', url: given });
    try {
      const asked = sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`;
      return (await asked.execute(database.sql)).rows[0]?.ssl;
    } finally {
      await database.close();
    }
  }

  it('is connected to with encryption if the URL requires, prefers or allows it, or does not mention it', async () => {
    for (const mode of ['sslmode=require', 'sslmode=prefer', 'sslmode=allow', ''])
      expect(await isEncrypted(url(mode)), mode).to.equal(true);
  });

  it('is verified if the URL requires it, and accepts the certificate of a user', async () => {
    const root = `sslrootcert=${authority.file}`;
    expect(await isEncrypted(url(`sslmode=verify-full&${root}`))).to.equal(true);
    // the certificate is not for this address, which matters only to verify-full
    const byAddress = { host: `127.0.0.1:${postgresql.port}` };
    expect(await isEncrypted(url(`sslmode=verify-ca&${root}`, byAddress))).to.equal(true);
    const own = `sslcert=${carol.path('crt')}&sslkey=${carol.path('key')}`;
    expect(await isEncrypted(url(`sslmode=verify-full&${root}&${own}`, { user: 'carol' }))).to.equal(true);
    expect(await isEncrypted(url('sslmode=require&channel_binding=require', { user: 'dave:right' }))).to.equal(true);
  });

  const REFUSED: [what: string, parameters: () => string, where: object, reason: RegExp][] = [
    [
      'another authority',
      () => `sslmode=verify-full&sslrootcert=${stranger.file}`,
      {},
      /not signed by a trusted authority/,
    ],
    ['no authority that is known', () => 'sslmode=verify-full', {}, /not signed by a trusted authority/],
    ['another authority with require', () => `sslmode=require&sslrootcert=${stranger.file}`, {}, /not signed by/],
    [
      'another host',
      () => `sslmode=verify-full&sslrootcert=${authority.file}`,
      { host: '127.0.0.1' },
      /for another host/,
    ],
    ['no encryption', () => 'sslmode=disable', {}, /does not accept this user .*sslmode=require/],
    ['a wrong password', () => 'sslmode=require', { user: 'dave:wrong' }, /refuses the password/],
    ['no password', () => 'sslmode=require', { user: 'dave' }, /requires a password/],
    [
      'no channel to bind to',
      () => 'sslmode=require&channel_binding=require',
      { user: 'carol' },
      /PostgreSQL at localhost/,
    ],
  ];
  for (const [what, parameters, where, reason] of REFUSED)
    it(`is refused, or refuses, with ${what}, in one clear line`, async () => {
      const host = 'host' in where ? `127.0.0.1:${postgresql.port}` : at;
      const error = await startErrorOf({ kind: 'postgresql', url: url(parameters(), { ...where, host }) });
      expect(error)
        .to.match(reason)
        .and.not.match(/\n|wrong$/);
    });

  it('is not connected to if a certificate cannot be read', () => {
    expect(problemsOf(url('sslmode=verify-full&sslrootcert=/nowhere/ca.crt'))).to.match(
      /sslrootcert .*\/nowhere\/ca.crt/,
    );
    expect(databaseOf(url('sslmode=require'), [])).to.include({ kind: 'postgresql' });
  });
});

describe('A PostgreSQL without encryption', () => {
  it('is connected to if the URL prefers encryption, and refused if it requires it', async function () {
    this.timeout(120_000);
    const shared = await requirePostgresql(this);
    const fresh = await shared.createDatabase();
    for (const mode of ['prefer', 'allow', 'disable']) {
      const database = await openDatabase({ kind: 'postgresql', url: `${fresh}?sslmode=${mode}` });
      await database.close();
    }
    for (const mode of ['require', 'verify-full'])
      expect(await startErrorOf({ kind: 'postgresql', url: `${fresh}?sslmode=${mode}` })).to.match(/does not encrypt/);
    await shared.dropDatabase(fresh);
  });
});
