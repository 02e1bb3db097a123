import { type EntitySchema, MikroORM } from '@mikro-orm/core';
import type { SqliteConnection } from '@mikro-orm/sqlite';
import { defineConfig } from '@mikro-orm/sqlite';

/** The part of better-sqlite3 that is used here. */
export type Native = {
  pragma(source: string, options?: { simple: boolean }): unknown;
  exec(source: string): unknown;
  prepare(text: string): {
    run(...values: unknown[]): { lastInsertRowid: number };
    all(...values: unknown[]): unknown[];
  };
};

const FULL = 2;

/** Opens SQLite in WAL mode with synchronous = FULL and verifies it: an acknowledged message survives a power failure. */
export async function openSqlite(file: string, entities: readonly EntitySchema[]) {
  const orm = await MikroORM.init(
    defineConfig({ entities: [...entities], dbName: file, discovery: { warnWhenNoEntities: false } }),
  );
  const connection = orm.em.getConnection() as SqliteConnection; // the connection of the SQLite driver
  const native = (await connection.getNativeClient()) as unknown as Native; // better-sqlite3 has no type declarations
  for (const pragma of ['journal_mode = wal', 'synchronous = full']) native.pragma(pragma);
  await orm.schema.create();
  if (native.pragma('synchronous', { simple: true }) !== FULL)
    throw new Error('SQLite did not accept synchronous = FULL');
  return { orm, native };
}
