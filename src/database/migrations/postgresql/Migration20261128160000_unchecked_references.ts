import { Migration } from '@mikro-orm/migrations';

const REFERENCES = [
  ['conversation_id', 'conversations'],
  ['sender_id', 'users'],
] as const;

/**
 * The transaction that inserts a message has locked its conversation and read its sender, so PostgreSQL need not check
 * both again for each message. SQLite does that at next to no cost, and keeps its foreign keys.
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
