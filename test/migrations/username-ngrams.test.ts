import { expect } from 'chai';
import { sql } from 'kysely';
import { indexUsername, indexUsernames } from '../../src/accounts/username-ngrams.ts';
import type { Database } from '../../src/database/database.ts';
import { onEachDatabase } from '../support/app.ts';
import { onEarlier } from './earlier.ts';

onEachDatabase('Users from before n-grams of usernames were stored', (kind) => {
  it('receive the same n-grams as users who sign up', async function () {
    await onEarlier(this, kind, 'username_pieces', async (database) => {
      await sql`
        insert into users (username, username_key, email, email_key, password_hash, last_seen, created_at)
        values ('aLice_x', 'alice_x', 'a', 'a', 'x', 1, 1), ('B.b', 'b.b', 'b', 'b', 'x', 1, 1)`.execute(database.sql);
      await database.orm.migrator.up();
      const filled = await ngramsOf(database);
      expect(filled.map(({ piece }) => piece)).to.include.members(['^al', 'ce_', '.b', 'b']);
      const { rows } = await sql<{ id: number; key: string }>`select id, username_key as key from users`.execute(
        database.sql,
      );
      for (const { id, key } of rows) await indexUsername(database, id, key);
      expect(filled).to.deep.equal(await ngramsOf(database));
      await sql`delete from username_pieces`.execute(database.sql);
      await indexUsernames(database.sql);
      expect(filled).to.deep.equal(await ngramsOf(database));
    });
  });
});

async function ngramsOf(database: Database) {
  const { rows } = await sql<{ piece: string }>`
    select piece, length, username_key, user_id from username_pieces order by piece, length, username_key`.execute(
    database.sql,
  );
  return rows;
}
