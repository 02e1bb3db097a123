/// <reference path="../../database/sqlite/better-sqlite3.d.ts" />
import { existsSync } from 'node:fs';
import BetterSqlite from 'better-sqlite3';
import { StartError } from '../../database/start-error.ts';
import { quoted, type Source } from './source.ts';

const PAGE = 1_000;
/** How long the Go server may be in the middle of a write. */
const LOCK_TIMEOUT_MS = 10_000;

/** Opens a SQLite file for reading. */
export async function openSqliteSource(path: string): Promise<Source> {
  if (!existsSync(path)) throw new StartError(`there is no database at ${path} (--from).`);
  const database = new BetterSqlite(path, { readonly: true, fileMustExist: true, timeout: LOCK_TIMEOUT_MS });
  try {
    database.exec('begin'); // the first statement takes a snapshot
    const tables = database
      .prepare(`select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name`)
      .raw()
      .all() as [string][];
    const columnsOf = database.prepare('select name from pragma_table_info(?)').raw();
    return {
      columns: new Map(
        tables.map(([table]) => [table, new Set((columnsOf.all(table) as [string][]).map(([name]) => name))]),
      ),
      async count(table) {
        return (
          database
            .prepare(`select count(*) from ${quoted(table)}`)
            .raw()
            .get() as [number]
        )[0];
      },
      async *rows(table, columns) {
        const select = database.prepare(`select ${columns.map(quoted).join()} from ${quoted(table)}`).raw();
        let page: unknown[][] = [];
        for (const row of select.iterate() as Iterable<unknown[]>) {
          page.push(row);
          if (page.length < PAGE) continue;
          yield page;
          page = [];
        }
        yield page;
      },
      async close() {
        database.close();
      },
    };
  } catch (error) {
    database.close();
    throw error;
  }
}
