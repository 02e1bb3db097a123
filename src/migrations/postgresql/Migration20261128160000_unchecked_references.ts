import { Migration } from '@mikro-orm/migrations';

const REFERENCES = [
  ['conversation_id', 'conversations'],
  ['sender_id', 'users'],
] as const;

/**
 * A message's conversation is locked and its sender is read by the transaction that writes it, so PostgreSQL need not look
 * both up anew for each message. SQLite does that next to for nothing, and keeps its foreign keys.
 */
export class Migration20261128160000_unchecked_references extends Migration {
  override name = 'Migration20261128160000_unchecked_references';

  override up(): void | Promise<void> {
    for (const [column] of REFERENCES) this.addSql(`alter table messages drop constraint messages_${column}_foreign;`);
  }

  override down(): void | Promise<void> {
    for (const [column, table] of REFERENCES) {
      this.addSql(
        `alter table messages add constraint messages_${column}_foreign foreign key (${column}) references ${table} (id) on delete cascade;`,
      );
    }
  }
}
