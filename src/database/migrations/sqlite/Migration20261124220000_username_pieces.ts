import { Migration } from '@mikro-orm/migrations';

/** The search finds users by n-grams of their names; existing users get theirs here. */
export class Migration20261124220000_username_pieces extends Migration {
  override name = 'Migration20261124220000_username_pieces';

  override up(): void | Promise<void> {
    this.addSql(
      `create table username_pieces (piece text not null, length integer not null, username_key text not null, user_id integer not null, primary key (piece, length, username_key), constraint username_pieces_user_id_foreign foreign key (user_id) references users (id) on delete cascade);`,
    );
    this.addSql(`create index username_pieces_user_id_index on username_pieces (user_id);`);
    this.addSql(`
      insert into username_pieces (piece, length, username_key, user_id)
      with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 32)
      select distinct substr(u.username_key, start.n, size.n), length(u.username_key), u.username_key, u.id
      from users u join numbers start on start.n <= length(u.username_key)
        join numbers size on size.n <= 3 and start.n + size.n - 1 <= length(u.username_key)
      union select '^' || substr(u.username_key, 1, size.n), length(u.username_key), u.username_key, u.id
      from users u join numbers size on size.n <= 3;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table username_pieces;`);
  }
}
