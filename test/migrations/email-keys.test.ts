import { expect } from 'chai';
import { sql } from 'kysely';
import type { Database } from '../../src/database/database.ts';
import { onEachDatabase } from '../support/app.ts';
import { onEarlier } from './earlier.ts';

const keysIn = async ({ sql: db }: Database) => {
  const { rows } = await sql<{ key: string }>`select email_key as key from users order by id`.execute(db);
  return rows.map(({ key }) => key);
};

onEachDatabase('Accounts whose address has a domain in another script', (kind) => {
  it('are found by both spellings after the migration, and by the old key after reverting it', async function () {
    await onEarlier(this, kind, 'email_keys', async (database, back) => {
      const emails = [
        'Vera@Пример.рф',
        'alice@example.com',
        'jörg@bücher.example',
        'jörg@xn--bcher-kva.example',
        'josé@example.com',
      ];
      const before = emails.map((email) => email.toLowerCase());
      for (const [index, email] of emails.entries())
        await sql`insert into users (id, username, username_key, email, email_key, password_hash, last_seen, created_at)
          values (${index + 1}, ${`u${index}`}, ${`u${index}`}, ${email}, ${before[index]}, 'x', 1, 1)`.execute(
          database.sql,
        );
      await database.orm.migrator.up();
      expect(await keysIn(database)).to.deep.equal([
        'vera@xn--e1afmkfd.xn--p1ai',
        'alice@example.com',
        'jörg@bücher.example', // the other has the key already
        'jörg@xn--bcher-kva.example',
        'josé@example.com',
      ]);
      await back();
      expect(await keysIn(database)).to.deep.equal(before);
    });
  });
});
