import { Migration } from '@mikro-orm/migrations';

/** The server can keep profile pictures. */
export class Migration20261129130100_avatars extends Migration {
  override name = 'Migration20261129130100_avatars';

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`avatars\` (\`key\` text not null primary key, \`owner\` text not null, \`owner_id\` integer not null, \`content_type\` text not null, \`content\` blob not null, \`created_at\` integer not null);`,
    );
    this.addSql(`create index \`avatars_owner_owner_id_index\` on \`avatars\` (\`owner\`, \`owner_id\`);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table \`avatars\`;`);
  }
}
