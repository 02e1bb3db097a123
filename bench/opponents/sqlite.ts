import { type EntitySchema, MikroORM } from '@mikro-orm/core';
import type { SqliteConnection } from '@mikro-orm/sqlite';
import { defineConfig } from '@mikro-orm/sqlite';

/** better-sqlite3, as far as it is used here. */
export type Native = {
  pragma(source: string, options?: { simple: boolean }): unknown;
  exec(source: string): unknown;
  prepare(text: string): {
    run(...values: unknown[]): { lastInsertRowid: number };
    all(...values: unknown[]): unknown[];
  };
};

const FULL = 2;

/** SQLite in WAL mode with synchronous = FULL, which is verified: what was acknowledged is kept. */
export async function openSqlite(file: string, entities: readonly EntitySchema[]) {
  const orm = await MikroORM.init(
    defineConfig({ entities: [...entities], dbName: file, discovery: { warnWhenNoEntities: false } }),
  );
  const connection = orm.em.getConnection() as SqliteConnection; // the driver is SQLite's
  const native = (await connection.getNativeClient()) as unknown as Native; // its types name no interface of it
  for (const pragma of ['journal_mode = wal', 'synchronous = full']) native.pragma(pragma);
  await orm.schema.create();
  if (native.pragma('synchronous', { simple: true }) !== FULL) throw new Error('SQLite would not wait for the disk');
  return { orm, native };
}
