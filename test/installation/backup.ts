import { execFile } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { readConfig } from '../../src/config/config.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { COMPILED_ONCE, findBinary, makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';

const run = promisify(execFile);
const CLI = join(import.meta.dirname, '../../src/cli/main.ts');

/** A backup of the database, made as described in docs/deployment.md. */
export async function backUp(env: Readonly<Record<string, string>>) {
  const folder = makeTemporaryFolder('backup');
  const file = join(folder, 'backup');
  const url = env.DATABASE_URL ?? '';
  const path = /^sqlite:(.*)$/.exec(url)?.[1];
  if (path === undefined) await run(binary('pg_dump'), ['--format=custom', `--file=${file}`, url]);
  else {
    const database = await openDatabase(readConfig(env).database);
    await sql`vacuum into ${file}`.execute(database.sql);
    await database.close();
  }
  return {
    async restore() {
      if (path === undefined) await run(binary('pg_restore'), ['--clean', '--if-exists', `--dbname=${url}`, file]);
      else {
        for (const beside of ['-wal', '-shm']) rmSync(path + beside, { force: true });
        copyFileSync(file, path);
      }
    },
    remove: () => removeTemporaryFolder(folder),
  };
}

/** Runs `mmchat` like an operator. */
export async function mmchat(env: Readonly<Record<string, string>>, ...args: string[]) {
  const options = { cwd: '/', env: { ...COMPILED_ONCE, PATH: process.env.PATH, DATABASE_URL: env.DATABASE_URL } };
  return run(process.execPath, [CLI, ...args], options);
}

function binary(name: string): string {
  const found = findBinary(name);
  if (found === undefined) throw new Error(`${name} is not installed, though PostgreSQL is`);
  return found;
}
