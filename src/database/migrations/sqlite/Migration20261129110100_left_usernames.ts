import { Migration } from '@mikro-orm/migrations';

/** A name that a user gives up stays reserved for them for a while. */
export class Migration20261129110100_left_usernames extends Migration {
  override name = 'Migration20261129110100_left_usernames';

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`left_usernames\` (\`username_key\` text not null, \`user_id\` integer not null, \`until\` integer not null, primary key (\`username_key\`), constraint \`left_usernames_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on delete cascade);`,
    );
    this.addSql(`create index \`left_usernames_until_index\` on \`left_usernames\` (\`until\`);`);
    this.addSql(`create index \`left_usernames_user_id_index\` on \`left_usernames\` (\`user_id\`);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table \`left_usernames\`;`);
  }
}
