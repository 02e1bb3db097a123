import { Migration } from '@mikro-orm/migrations';

/** Each participant stores the day of the conversation's activity, so that a list need not read all conversations. */
export class Migration20261125050000_activity_days extends Migration {
  override name = 'Migration20261125050000_activity_days';

  override up(): void | Promise<void> {
    this.addSql(`alter table "participants" add column "activity_day" int not null default 0;`);
    this.addSql(
      `update participants set activity_day = (
        select c.activity_at / 86400000 from conversations c where c.id = participants.conversation_id
      );`,
    );
    this.addSql(`drop index "participants_user_id_conversation_id_index";`);
    this.addSql(
      `create index "participants_user_id_activity_day_conversation_id_index" on "participants" ("user_id", "activity_day", "conversation_id");`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index "participants_user_id_activity_day_conversation_id_index";`);
    this.addSql(`alter table "participants" drop column "activity_day";`);
    this.addSql(
      `create index "participants_user_id_conversation_id_index" on "participants" ("user_id", "conversation_id");`,
    );
  }
}
