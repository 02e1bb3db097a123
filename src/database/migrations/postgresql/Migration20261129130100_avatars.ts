import { Migration } from '@mikro-orm/migrations';

/** The server can keep profile pictures. */
export class Migration20261129130100_avatars extends Migration {
  override name = 'Migration20261129130100_avatars';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "avatars" ("key" varchar(64) not null, "owner" varchar(1) not null, "owner_id" bigint not null, "content_type" varchar(32) not null, "content" bytea not null, "created_at" bigint not null, primary key ("key"));`,
    );
    this.addSql(`create index "avatars_owner_owner_id_index" on "avatars" ("owner", "owner_id");`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table "avatars";`);
  }
}
