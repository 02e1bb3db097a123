import { expect } from 'chai';
import { sql } from 'kysely';
import { indexUsername } from '../../src/accounts/username-ngrams.ts';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import type { Client } from '../support/clients.ts';
import { withDatabase } from './requests.ts';

type Found = { id: number; username: string; profile_picture: string };

onEachDatabase('Searching for users', (kind) => {
  let app: TestApp;
  let client: Client;
  before(async () => {
    app = await startApp(kind);
    client = (await app.person('searcher')).rest;
  });
  after(() => app.stop());

  const search = async (q: unknown): Promise<Found[]> => (await client.ask('search_users', { q })).users;
  const names = async (q: unknown) => (await search(q)).map(({ username }) => username);

  /** Gives users names without the numbers that the test sign-up adds. */
  async function rename(...usernames: string[]): Promise<void> {
    const people = await Promise.all(usernames.map(() => app.person()));
    await Promise.all(people.map((each, index) => each.rest.ask('update_me', { username: usernames[index] })));
  }

  it('finds a part of the name in any case, the best match first', async () => {
    await rename('wonder-ALICE-land', 'Alice', 'alice_wonder', 'bob', 'malice', 'Alicexx');
    expect(await names('aLiCe')).to.deep.equal(['Alice', 'Alicexx', 'alice_wonder', 'malice', 'wonder-ALICE-land']);
    expect(await names('BOB')).to.deep.equal(['bob']);
    expect(await names('nobody-has-this')).to.deep.equal([]);
  });

  it('returns the documented fields of each user, without the address', async () => {
    const carol = await app.person('carol');
    await carol.rest.ask('update_me', { profile_picture: 'https://cdn.example.com/carol.jpg' });
    const { id, username } = carol;
    expect(await search(username)).to.deep.equal([
      { id, username, profile_picture: 'https://cdn.example.com/carol.jpg' },
    ]);
  });

  it('treats % and _ and \\ as plain characters', async () => {
    await rename('per_cent', 'perXcent');
    expect(await names('r_c')).to.deep.equal(['per_cent']);
    for (const wild of ['%', 'r%t', '\\', '\\_', "'", '%%']) expect(await names(wild), wild).to.deep.equal([]);
    for (const name of await names('_')) expect(name).to.include('_');
  });

  it('does not find a user by a former name', async () => {
    const dora = await app.person('dora');
    await dora.rest.ask('update_me', { username: 'theodora' });
    expect(await names(dora.username)).to.deep.equal([]);
    expect(await names('odor')).to.deep.equal(['theodora']);
    expect(await names('dora')).to.deep.equal(['theodora']);
  });

  it('returns at most 20', async () => {
    const crowd = Array.from({ length: 22 }, (_, index) => `crowd${index}`);
    await withDatabase(app, async (database) => {
      const rows = crowd.map((name) => sql`(${name}, ${name}, ${name}, ${name}, 'x', 1, 1)`);
      await sql`
        insert into users (username, username_key, email, email_key, password_hash, last_seen, created_at)
        values ${sql.join(rows)}`.execute(database.sql);
      const made = await sql<{ id: number; key: string }>`
        select id, username_key as key from users where username_key like 'crowd%'`.execute(database.sql);
      for (const { id, key } of made.rows) await indexUsername(database, id, key);
    });
    const found = await names('crowd');
    expect(found).to.have.length(20);
    expect(new Set(found).size).to.equal(20);
  });

  it('requires 1 to 64 characters', async () => {
    for (const q of ['', 'x'.repeat(65)]) expect(await client.ask('search_users', { q })).to.include({ status: 400 });
    expect(await client.ask('search_users')).to.include({ status: 400 });
    expect(await names('x'.repeat(64))).to.deep.equal([]);
    expect(await names('7'.repeat(10)), 'digits are text too').to.deep.equal([]);
  });
});
