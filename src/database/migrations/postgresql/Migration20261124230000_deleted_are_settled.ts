import { Migration } from '@mikro-orm/migrations';

/** Messages that are deleted unread count in `settled` from the deletion on; until now each list subtracted them. */
export class Migration20261124230000_deleted_are_settled extends Migration {
  override name = 'Migration20261124230000_deleted_are_settled';

  override up(): void | Promise<void> {
    this.addSql(settle('+'));
    this.addSql(`drop index messages_deleted_index;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`create index messages_deleted_index on messages (conversation_id, seq) where deleted_at is not null;`);
    this.addSql(settle('-'));
  }
}

const settle = (sign: '+' | '-') => `
  update participants set settled = settled ${sign} (
    select count(*) from messages d
    where d.conversation_id = participants.conversation_id and d.deleted_at is not null and d.seq > participants.read_seq
      and d.sender_id <> participants.user_id and not exists (
        select 1 from read_ranges r where r.conversation_id = participants.conversation_id
          and r.user_id = participants.user_id and d.seq between r.from_seq and r.to_seq
      )
  );`;
