import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { databaseOf } from '../../src/config/database-url.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { makeTemporaryFolder } from './processes.ts';

/** Migrates a template. The user of a copy assigns it an installation id. */
export async function migrateTemplate(url: string): Promise<void> {
  const database = await openDatabase(databaseOf(url, []));
  await sql`delete from installation`.execute(database.sql);
  await database.close();
}

let template: Promise<string> | undefined;

/** Creates a SQLite file that is migrated and has no installation yet. */
export async function makeMigratedFile(path: string): Promise<void> {
  template ??= makeTemplate();
  copyFileSync(await template, path);
}

async function makeTemplate(): Promise<string> {
  const path = join(makeTemporaryFolder('sqlite'), 'migrated.sqlite');
  await migrateTemplate(`sqlite:${path}`);
  return path;
}
