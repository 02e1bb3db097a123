import { expect } from 'chai';
import { sql } from 'kysely';
import { DAY_MS } from '../../src/time.ts';
import { onEachDatabase } from '../support/app.ts';
import { onEarlier } from './earlier.ts';

onEachDatabase('Participants from before activity days were stored with them', (kind) => {
  it('receive the days of their conversations', async function () {
    await onEarlier(this, kind, 'activity_days', async (database) => {
      const [first, last] = [20_000 * DAY_MS, 20_001 * DAY_MS - 1];
      for (const statement of [
        sql`insert into users (id, username, username_key, email, email_key, password_hash, last_seen, created_at)
          values (1, 'a', 'a', 'a', 'a', 'x', 1, 1), (2, 'b', 'b', 'b', 'b', 'x', 1, 1)`,
        sql`insert into conversations (id, is_group, activity_at, created_at)
          values (1, ${sql.lit(true)}, ${first}, 1), (2, ${sql.lit(true)}, ${last}, 1), (3, ${sql.lit(true)}, ${last + 1}, 1)`,
        sql`insert into participants (conversation_id, user_id, is_admin, joined_at, read_seq, settled, delivered_seq)
          select c.id, u.id, ${sql.lit(true)}, 1, 0, 0, 0 from conversations c cross join users u`,
      ])
        await statement.execute(database.sql);
      await database.orm.migrator.up();
      const { rows } = await sql<{ id: number; day: number }>`
        select conversation_id as id, activity_day as day from participants order by conversation_id, user_id`.execute(
        database.sql,
      );
      expect(rows.map(({ id, day }) => [id, day])).to.deep.equal([
        ...[1, 1, 2, 2].map((id) => [id, 20_000]),
        ...[3, 3].map((id) => [id, 20_001]),
      ]);
    });
  });
});
