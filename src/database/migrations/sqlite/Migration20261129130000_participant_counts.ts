import { Migration } from '@mikro-orm/migrations';

/** Lists of conversations contain the number of participants, which would take too long to count for each list. */
export class Migration20261129130000_participant_counts extends Migration {
  override name = 'Migration20261129130000_participant_counts';

  override up(): void | Promise<void> {
    this.addSql(`alter table \`conversations\` add column \`participant_count\` integer null;`);
    this.addSql(
      `update conversations set participant_count = (
        select count(*) from participants p where p.conversation_id = conversations.id
      );`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`conversations\` drop column \`participant_count\`;`);
  }
}
