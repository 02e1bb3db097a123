import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StartError } from '../start-error.ts';

export const MEMORY = ':memory:';
/** The folder of the default DATABASE_URL: it is created, any other has to exist. */
const DEFAULT_FOLDER = 'data';

/** Whether the folder of a SQLite file exists, or may be created. */
export function mayHaveFolder(path: string, create = false): boolean {
  const folder = dirname(path);
  return create || existsSync(folder) || resolve(folder) === resolve(DEFAULT_FOLDER);
}

/**
 * Creates an empty SQLite file if it does not exist: SQLite itself opens existing files only.
 * @returns whether it was created
 * @throws StartError if its folder does not exist and may not be created
 */
export function makeSqliteFile(path: string, create = false): boolean {
  if (path === MEMORY || existsSync(path)) return false;
  if (!mayHaveFolder(path, create))
    throw new StartError(
      `the folder of the database, ${resolve(dirname(path))}, does not exist. Check DATABASE_URL, or create the folder; DATABASE_CREATE=on creates it.`,
    );
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(path, '', { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process has created it
    return false;
  }
}
