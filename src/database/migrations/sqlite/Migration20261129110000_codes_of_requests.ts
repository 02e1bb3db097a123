import { Migration } from '@mikro-orm/migrations';

/**
 * A code belongs to the request that created it, and the origins of a user's logins are stored. Existing codes are
 * deleted: they are valid for minutes, and their requests are unknown.
 */
export class Migration20261129110000_codes_of_requests extends Migration {
  override name = 'Migration20261129110000_codes_of_requests';

  override up(): void | Promise<void> {
    this.addSql(`drop table \`one_time_codes\`;`);
    this.addSql(
      `create table \`one_time_codes\` (\`request_hash\` text not null, \`purpose\` text not null, \`email_key\` text not null, \`email\` text not null, \`code_hash\` text not null, \`tries\` integer not null default 0, \`shared_tries\` integer not null default 0, \`created_at\` integer not null, \`expires_at\` integer not null, primary key (\`request_hash\`));`,
    );
    this.addSql(`create index \`one_time_codes_expires_at_index\` on \`one_time_codes\` (\`expires_at\`);`);
    this.addSql(
      `create index \`one_time_codes_email_key_purpose_created_at_index\` on \`one_time_codes\` (\`email_key\`, \`purpose\`, \`created_at\`);`,
    );
    this.addSql(
      `create table \`known_origins\` (\`user_id\` integer not null, \`origin_hash\` text not null, \`last_login\` integer not null, primary key (\`user_id\`, \`origin_hash\`), constraint \`known_origins_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on delete cascade);`,
    );
    this.addSql(`create index \`known_origins_last_login_index\` on \`known_origins\` (\`last_login\`);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table \`known_origins\`;`);
    this.addSql(`drop table \`one_time_codes\`;`);
    this.addSql(
      `create table \`one_time_codes\` (\`purpose\` text not null, \`email_key\` text not null, \`code_hash\` text not null, \`tries\` integer not null default 0, \`expires_at\` integer not null, primary key (\`purpose\`, \`email_key\`));`,
    );
    this.addSql(`create index \`one_time_codes_expires_at_index\` on \`one_time_codes\` (\`expires_at\`);`);
  }
}
