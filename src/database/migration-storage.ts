import type { Transaction } from '@mikro-orm/core';
import { MigrationStorage as PlainStorage } from '@mikro-orm/migrations';
import { type AbstractSqlDriver, SqlitePlatform } from '@mikro-orm/sql';

const TABLE = 'mikro_orm_migrations';
const CREATE = {
  postgresql: `create table if not exists ${TABLE} (id serial primary key, name varchar(255) null, executed_at timestamptz(0) null default current_timestamp(0))`,
  sqlite: `create table if not exists ${TABLE} (id integer primary key autoincrement not null, name text null, executed_at datetime null default current_timestamp)`,
};
/** Tables of the schema in which the server's tables would be created, without those of extensions. */
const TABLES = {
  postgresql: `select c.relname as name from pg_class c
    where c.relnamespace = (select oid from pg_namespace where nspname = current_schema()) and c.relkind in ('r', 'p')
      and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`,
  sqlite: `select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`,
};
const EXISTS = {
  postgresql: `select to_regclass('${TABLE}') is not null as found`,
  sqlite: `select count(*) as found from sqlite_master where type = 'table' and name = '${TABLE}'`,
};

type Row = Record<string, unknown>;
type Query = (sql: string) => Promise<Row[]>;
type Kind = keyof typeof TABLES;

export const kindOf = (driver: AbstractSqlDriver): Kind =>
  driver.getPlatform() instanceof SqlitePlatform ? 'sqlite' : 'postgresql';

/** The names of the applied migrations; none if their table does not exist. */
async function appliedMigrations(kind: Kind, query: Query): Promise<string[]> {
  if (!Number((await query(EXISTS[kind]))[0]?.found)) return [];
  return (await query(`select name from ${TABLE} order by id`)).map(({ name }) => String(name).replace(/\.[jt]s$/, ''));
}

/**
 * The tables of another program where the server's would be created: those of a database to which none of its migrations
 * was applied.
 * @param own the names of the server's migrations
 */
export async function tablesOfAnotherProgram(kind: Kind, query: Query, own: readonly string[]): Promise<string[]> {
  const applied = await appliedMigrations(kind, query);
  if (applied.some((name) => own.includes(name))) return [];
  const names = (await query(TABLES[kind])).map(({ name }) => String(name));
  // an empty one remains of an interrupted start
  return names.filter((name) => name !== TABLE || applied.length > 0);
}

/**
 * Stores the applied migrations in the table that MikroORM would create. Unlike MikroORM, it finds and creates the table
 * by the `search_path`, as statements do, and creates it in the transaction of the migrations: reading changes nothing,
 * and a refused start leaves nothing.
 */
export class MigrationStorage extends PlainStorage {
  readonly #own: readonly string[];
  #transaction: Transaction | undefined;

  constructor(
    driver: AbstractSqlDriver,
    options: ConstructorParameters<typeof PlainStorage>[1],
    own: readonly string[],
  ) {
    super(driver, options);
    this.#own = own;
  }

  override setMasterMigration(transaction: Transaction): void {
    super.setMasterMigration(transaction);
    this.#transaction = transaction;
  }

  override unsetMasterMigration(): void {
    super.unsetMasterMigration();
    this.#transaction = undefined;
  }

  override async executed(): Promise<string[]> {
    return appliedMigrations(this.#kind, this.#query);
  }

  override async getExecutedMigrations(): Promise<Awaited<ReturnType<PlainStorage['getExecutedMigrations']>>> {
    return (await this.executed()).length === 0 ? [] : super.getExecutedMigrations();
  }

  /** Called before an applied migration is stored: a table in another schema of the `search_path` may be another program's. */
  override async ensureTable(): Promise<void> {
    if ((await this.executed()).some((name) => this.#own.includes(name))) return;
    if (this.#transaction !== undefined) await this.#query(CREATE[this.#kind]);
  }

  get #kind(): Kind {
    return kindOf(this.driver);
  }

  readonly #query: Query = (sql) => this.driver.getConnection().execute(sql, [], 'all', this.#transaction);
}
