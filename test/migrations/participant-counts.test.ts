import { expect } from 'chai';
import { sql } from 'kysely';
import { onEachDatabase } from '../support/app.ts';
import { onEarlier } from './earlier.ts';

onEachDatabase('Conversations from before their participants were counted', (kind) => {
  it('receive the number of their participants', async function () {
    await onEarlier(this, kind, 'participant_counts', async (database) => {
      for (const statement of [
        sql`insert into users (id, username, username_key, email, email_key, password_hash, last_seen, created_at)
          values (1, 'a', 'a', 'a', 'a', 'x', 1, 1), (2, 'b', 'b', 'b', 'b', 'x', 1, 1)`,
        sql`insert into conversations (id, is_group, activity_at, created_at)
          values (1, ${sql.lit(true)}, 1, 1), (2, ${sql.lit(false)}, 1, 1), (3, ${sql.lit(true)}, 1, 1)`,
        sql`insert into participants (conversation_id, user_id, is_admin, joined_at, read_seq, settled, delivered_seq)
          select c.id, u.id, ${sql.lit(true)}, 1, 0, 0, 0 from conversations c cross join users u where c.id + u.id < 4`,
      ])
        await statement.execute(database.sql);
      await database.orm.migrator.up();
      const { rows } = await sql<{ count: number }>`
        select participant_count as count from conversations order by id`.execute(database.sql);
      expect(rows.map(({ count }) => count)).to.deep.equal([2, 1, 0]);
    });
  });
});
