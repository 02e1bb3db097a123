import { Migration } from '@mikro-orm/migrations';

export class Migration20261122000000_initial extends Migration {
  override name = 'Migration20261122000000_initial';

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`conversations\` (\`id\` integer not null primary key autoincrement, \`is_group\` integer not null, \`name\` text null, \`profile_picture\` text not null default '', \`private_key\` text null, \`last_seq\` integer not null default '0', \`removal_seq\` integer not null default '0', \`message_count\` integer not null default '0', \`last_message_id\` integer null, \`activity_at\` integer not null, \`created_at\` integer not null);`,
    );
    this.addSql(`create unique index \`conversations_private_key_unique\` on \`conversations\` (\`private_key\`);`);

    this.addSql(
      `create table \`one_time_codes\` (\`purpose\` text not null, \`email_key\` text not null, \`code_hash\` text not null, \`tries\` integer not null default 0, \`expires_at\` integer not null, primary key (\`purpose\`, \`email_key\`));`,
    );
    this.addSql(`create index \`one_time_codes_expires_at_index\` on \`one_time_codes\` (\`expires_at\`);`);

    this.addSql(
      `create table \`users\` (\`id\` integer not null primary key autoincrement, \`username\` text not null, \`username_key\` text not null, \`email\` text not null, \`email_key\` text not null, \`password_hash\` text not null, \`profile_picture\` text not null default '', \`last_seen\` integer not null, \`created_at\` integer not null);`,
    );
    this.addSql(`create unique index \`users_username_key_unique\` on \`users\` (\`username_key\`);`);
    this.addSql(`create unique index \`users_email_key_unique\` on \`users\` (\`email_key\`);`);

    this.addSql(
      `create table \`sessions\` (\`id\` text not null primary key, \`user_id\` integer not null, \`created_at\` integer not null, \`expires_at\` integer not null, constraint \`sessions_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on delete cascade);`,
    );
    this.addSql(`create index \`sessions_expires_at_index\` on \`sessions\` (\`expires_at\`);`);
    this.addSql(`create index \`sessions_user_id_index\` on \`sessions\` (\`user_id\`);`);

    this.addSql(
      `create table \`tickets\` (\`hash\` text not null primary key, \`session_id\` text not null, \`expires_at\` integer not null, constraint \`tickets_session_id_foreign\` foreign key (\`session_id\`) references \`sessions\` (\`id\`) on delete cascade);`,
    );
    this.addSql(`create index \`tickets_expires_at_index\` on \`tickets\` (\`expires_at\`);`);
    this.addSql(`create index \`tickets_session_id_index\` on \`tickets\` (\`session_id\`);`);

    this.addSql(
      `create table \`read_ranges\` (\`conversation_id\` integer not null, \`user_id\` integer not null, \`from_seq\` integer not null, \`to_seq\` integer not null, primary key (\`conversation_id\`, \`user_id\`, \`from_seq\`), constraint \`read_ranges_conversation_id_foreign\` foreign key (\`conversation_id\`) references \`conversations\` (\`id\`) on delete cascade, constraint \`read_ranges_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on delete cascade);`,
    );
    this.addSql(`create index \`read_ranges_user_id_index\` on \`read_ranges\` (\`user_id\`);`);

    this.addSql(
      `create table \`participants\` (\`conversation_id\` integer not null, \`user_id\` integer not null, \`is_admin\` integer not null, \`joined_at\` integer not null, \`read_seq\` integer not null, \`settled\` integer not null, \`range_count\` integer not null default 0, \`delivered_seq\` integer not null, primary key (\`conversation_id\`, \`user_id\`), constraint \`participants_conversation_id_foreign\` foreign key (\`conversation_id\`) references \`conversations\` (\`id\`) on update cascade on delete cascade, constraint \`participants_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on update cascade on delete cascade);`,
    );
    this.addSql(
      `create index \`participants_user_id_conversation_id_index\` on \`participants\` (\`user_id\`, \`conversation_id\`);`,
    );
    this.addSql(
      `create index \`participants_conversation_id_read_seq_index\` on \`participants\` (\`conversation_id\`, \`read_seq\`);`,
    );
    this.addSql(
      `create index \`participants_conversation_id_delivered_seq_index\` on \`participants\` (\`conversation_id\`, \`delivered_seq\`);`,
    );
    this.addSql(
      `create index \`participants_conversation_id_range_count_read_seq_index\` on \`participants\` (\`conversation_id\`, \`range_count\`, \`read_seq\`);`,
    );

    this.addSql(
      `create table \`messages\` (\`id\` integer not null primary key autoincrement, \`conversation_id\` integer not null, \`sender_id\` integer not null, \`seq\` integer not null, \`changed_seq\` integer not null, \`content\` text not null, \`client_message_id\` text null, \`created_at\` integer not null, \`edited_at\` integer null, \`deleted_at\` integer null, \`event\` text null, \`subject_id\` integer null, constraint \`messages_conversation_id_foreign\` foreign key (\`conversation_id\`) references \`conversations\` (\`id\`) on delete cascade, constraint \`messages_sender_id_foreign\` foreign key (\`sender_id\`) references \`users\` (\`id\`) on delete cascade);`,
    );
    this.addSql(
      `create index \`messages_conversation_id_changed_seq_index\` on \`messages\` (\`conversation_id\`, \`changed_seq\`);`,
    );
    this.addSql(
      `create index \`messages_deleted_index\` on \`messages\` (\`conversation_id\`, \`seq\`) where deleted_at is not null;`,
    );
    this.addSql(
      `create unique index \`messages_conversation_id_seq_unique\` on \`messages\` (\`conversation_id\`, \`seq\`);`,
    );
    this.addSql(
      `create unique index \`messages_sender_id_client_message_id_unique\` on \`messages\` (\`sender_id\`, \`client_message_id\`);`,
    );
  }

  override down(): void | Promise<void> {
    // children first
    for (const table of [
      'messages',
      'read_ranges',
      'participants',
      'conversations',
      'tickets',
      'sessions',
      'one_time_codes',
      'users',
    ]) {
      this.addSql(`drop table ${table};`);
    }
  }
}
