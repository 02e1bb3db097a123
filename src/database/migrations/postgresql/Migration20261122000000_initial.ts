import { Migration } from '@mikro-orm/migrations';

export class Migration20261122000000_initial extends Migration {
  override name = 'Migration20261122000000_initial';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "conversations" ("id" bigserial primary key, "is_group" boolean not null, "name" varchar(100) null, "profile_picture" varchar(2048) not null default '', "private_key" varchar(41) null, "last_seq" bigint not null default '0', "removal_seq" bigint not null default '0', "message_count" bigint not null default '0', "last_message_id" bigint null, "activity_at" bigint not null, "created_at" bigint not null);`,
    );
    this.addSql(
      `alter table "conversations" add constraint "conversations_private_key_unique" unique ("private_key");`,
    );

    this.addSql(
      `create table "one_time_codes" ("purpose" varchar(8) not null, "email_key" varchar(254) not null, "code_hash" varchar(64) not null, "tries" int not null default 0, "expires_at" bigint not null, primary key ("purpose", "email_key"));`,
    );
    this.addSql(`create index "one_time_codes_expires_at_index" on "one_time_codes" ("expires_at");`);

    this.addSql(
      `create table "users" ("id" bigserial primary key, "username" varchar(32) not null, "username_key" varchar(32) not null, "email" varchar(254) not null, "email_key" varchar(254) not null, "password_hash" varchar(72) not null, "profile_picture" varchar(2048) not null default '', "last_seen" bigint not null, "created_at" bigint not null);`,
    );
    this.addSql(`alter table "users" add constraint "users_username_key_unique" unique ("username_key");`);
    this.addSql(`alter table "users" add constraint "users_email_key_unique" unique ("email_key");`);

    this.addSql(
      `create table "sessions" ("id" varchar(36) not null, "user_id" bigint not null, "created_at" bigint not null, "expires_at" bigint not null, primary key ("id"));`,
    );
    this.addSql(`create index "sessions_expires_at_index" on "sessions" ("expires_at");`);
    this.addSql(`create index "sessions_user_id_index" on "sessions" ("user_id");`);

    this.addSql(
      `create table "tickets" ("hash" varchar(64) not null, "session_id" varchar(36) not null, "expires_at" bigint not null, primary key ("hash"));`,
    );
    this.addSql(`create index "tickets_expires_at_index" on "tickets" ("expires_at");`);
    this.addSql(`create index "tickets_session_id_index" on "tickets" ("session_id");`);

    this.addSql(
      `create table "read_ranges" ("conversation_id" bigint not null, "user_id" bigint not null, "from_seq" bigint not null, "to_seq" bigint not null, primary key ("conversation_id", "user_id", "from_seq"));`,
    );
    this.addSql(`create index "read_ranges_user_id_index" on "read_ranges" ("user_id");`);

    this.addSql(
      `create table "participants" ("conversation_id" bigint not null, "user_id" bigint not null, "is_admin" boolean not null, "joined_at" bigint not null, "read_seq" bigint not null, "settled" bigint not null, "range_count" int not null default 0, "delivered_seq" bigint not null, primary key ("conversation_id", "user_id"));`,
    );
    this.addSql(
      `create index "participants_user_id_conversation_id_index" on "participants" ("user_id", "conversation_id");`,
    );
    this.addSql(
      `create index "participants_conversation_id_read_seq_index" on "participants" ("conversation_id", "read_seq");`,
    );
    this.addSql(
      `create index "participants_conversation_id_delivered_seq_index" on "participants" ("conversation_id", "delivered_seq");`,
    );
    this.addSql(
      `create index "participants_conversation_id_range_count_read_seq_index" on "participants" ("conversation_id", "range_count", "read_seq");`,
    );

    this.addSql(
      `create table "messages" ("id" bigserial primary key, "conversation_id" bigint not null, "sender_id" bigint not null, "seq" bigint not null, "changed_seq" bigint not null, "content" text not null, "client_message_id" varchar(64) null, "created_at" bigint not null, "edited_at" bigint null, "deleted_at" bigint null, "event" varchar(32) null, "subject_id" bigint null);`,
    );
    this.addSql(
      `create index "messages_conversation_id_changed_seq_index" on "messages" ("conversation_id", "changed_seq");`,
    );
    this.addSql(
      `create index "messages_deleted_index" on "messages" ("conversation_id", "seq") where deleted_at is not null;`,
    );
    this.addSql(
      `alter table "messages" add constraint "messages_conversation_id_seq_unique" unique ("conversation_id", "seq");`,
    );
    this.addSql(
      `alter table "messages" add constraint "messages_sender_id_client_message_id_unique" unique ("sender_id", "client_message_id");`,
    );

    this.addSql(
      `alter table "sessions" add constraint "sessions_user_id_foreign" foreign key ("user_id") references "users" ("id") on delete cascade;`,
    );

    this.addSql(
      `alter table "tickets" add constraint "tickets_session_id_foreign" foreign key ("session_id") references "sessions" ("id") on delete cascade;`,
    );

    this.addSql(
      `alter table "read_ranges" add constraint "read_ranges_conversation_id_foreign" foreign key ("conversation_id") references "conversations" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "read_ranges" add constraint "read_ranges_user_id_foreign" foreign key ("user_id") references "users" ("id") on delete cascade;`,
    );

    this.addSql(
      `alter table "participants" add constraint "participants_conversation_id_foreign" foreign key ("conversation_id") references "conversations" ("id") on update cascade on delete cascade;`,
    );
    this.addSql(
      `alter table "participants" add constraint "participants_user_id_foreign" foreign key ("user_id") references "users" ("id") on update cascade on delete cascade;`,
    );

    this.addSql(
      `alter table "messages" add constraint "messages_conversation_id_foreign" foreign key ("conversation_id") references "conversations" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "messages" add constraint "messages_sender_id_foreign" foreign key ("sender_id") references "users" ("id") on delete cascade;`,
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
