import { Migration } from '@mikro-orm/migrations';

/**
 * What leaving participants have missed is stored from now on. Ranges are found by participant, so their counts need no
 * index; and read messages count as delivered.
 */
export class Migration20261129100000_missed_blocks extends Migration {
  override name = 'Migration20261129100000_missed_blocks';

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`missed_blocks\` (\`conversation_id\` integer not null, \`level\` integer not null, \`place\` integer not null, \`unread_by\` integer not null, \`undelivered_by\` integer null, primary key (\`conversation_id\`, \`level\`, \`place\`), constraint \`missed_blocks_conversation_id_foreign\` foreign key (\`conversation_id\`) references \`conversations\` (\`id\`) on delete cascade);`,
    );
    this.addSql(`alter table \`conversations\` add column \`missed_seq\` integer not null default '0';`);
    this.addSql(`drop index \`participants_conversation_id_range_count_read_seq_index\`;`);
    this.addSql(`update participants set delivered_seq = read_seq where delivered_seq < read_seq;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table \`missed_blocks\`;`);
    this.addSql(`alter table \`conversations\` drop column \`missed_seq\`;`);
    this.addSql(
      `create index \`participants_conversation_id_range_count_read_seq_index\` on \`participants\` (\`conversation_id\`, \`range_count\`, \`read_seq\`);`,
    );
  }
}
