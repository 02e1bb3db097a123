import { Migration } from '@mikro-orm/migrations';

/**
 * A code belongs to the request that created it, and the origins of a user's logins are stored. Existing codes are
 * deleted: they are valid for minutes, and their requests are unknown.
 */
export class Migration20261129110000_codes_of_requests extends Migration {
  override name = 'Migration20261129110000_codes_of_requests';

  override up(): void | Promise<void> {
    this.addSql(`drop table "one_time_codes";`);
    this.addSql(
      `create table "one_time_codes" ("request_hash" varchar(64) not null, "purpose" varchar(8) not null, "email_key" varchar(254) not null, "email" varchar(254) not null, "code_hash" varchar(64) not null, "tries" int not null default 0, "shared_tries" int not null default 0, "created_at" bigint not null, "expires_at" bigint not null, primary key ("request_hash"));`,
    );
    this.addSql(`create index "one_time_codes_expires_at_index" on "one_time_codes" ("expires_at");`);
    this.addSql(
      `create index "one_time_codes_email_key_purpose_created_at_index" on "one_time_codes" ("email_key", "purpose", "created_at");`,
    );
    this.addSql(
      `create table "known_origins" ("user_id" bigint not null, "origin_hash" varchar(64) not null, "last_login" bigint not null, primary key ("user_id", "origin_hash"), constraint "known_origins_user_id_foreign" foreign key ("user_id") references "users" ("id") on delete cascade);`,
    );
    this.addSql(`create index "known_origins_last_login_index" on "known_origins" ("last_login");`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table "known_origins";`);
    this.addSql(`drop table "one_time_codes";`);
    this.addSql(
      `create table "one_time_codes" ("purpose" varchar(8) not null, "email_key" varchar(254) not null, "code_hash" varchar(64) not null, "tries" int not null default 0, "expires_at" bigint not null, primary key ("purpose", "email_key"));`,
    );
    this.addSql(`create index "one_time_codes_expires_at_index" on "one_time_codes" ("expires_at");`);
  }
}
