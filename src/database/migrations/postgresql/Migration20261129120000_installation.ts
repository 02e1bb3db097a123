import { randomUUID } from 'node:crypto';
import { Migration } from '@mikro-orm/migrations';

/** The installation gets an id, which is part of all that it shares with other installations, and its first epoch. */
export class Migration20261129120000_installation extends Migration {
  override name = 'Migration20261129120000_installation';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "installation" ("singleton" int not null, "id" varchar(36) not null, "epoch" varchar(36) not null, primary key ("singleton"));`,
    );
    this.addSql(
      `insert into "installation" ("singleton", "id", "epoch") values (1, '${randomUUID()}', '${randomUUID()}');`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table "installation";`);
  }
}
