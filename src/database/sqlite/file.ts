import { type Stats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { CONDITIONS } from '../../monitoring/conditions.ts';

const CHECK_EVERY_MS = 1_000;
/** The suffixes of the database, of its write-ahead log, and of the memory that processes share. */
const [MAIN, LOG, SHARED] = ['', '-wal', '-shm'];

type Identity = Pick<Stats, 'dev' | 'ino'>;
/** The reason why later commits would be lost. */
export type FileProblem = { readonly cause: string; readonly code: string; readonly next: string };
/** Is called when the file at the path is no longer the open one, and when it is again. */
export type FileWatcher = { gone(problem: FileProblem): void; back(): void };

/**
 * Compares the files at the path with those that SQLite has open. On Unix a deleted or replaced file stays open: SQLite
 * would go on committing to a file that nobody can find again.
 */
export class SqliteFile {
  readonly #path: string;
  readonly #watcher: FileWatcher;
  readonly #open: ReadonlyMap<string, Identity>;
  readonly #timer: NodeJS.Timeout;
  #problem: FileProblem | undefined;

  /** @param path of an open database that has been read */
  constructor(path: string, watcher: FileWatcher, checkEveryMs = CHECK_EVERY_MS) {
    this.#path = path;
    this.#watcher = watcher;
    const found = [MAIN, LOG, SHARED].map((suffix) => ({ suffix, file: statOf(path + suffix) }));
    this.#open = new Map(found.flatMap(({ suffix, file }) => (file === undefined ? [] : [[suffix, file]])));
    this.#timer = setInterval(() => void this.#checkAll(), checkEveryMs).unref();
  }

  /** As of the last check, at most a second ago. */
  get problem(): FileProblem | undefined {
    return this.#problem;
  }

  /** @throws Error `SQLITE_CANTOPEN` if the file is replaced or missing, as of the last check */
  check(): void {
    if (this.#problem !== undefined) throw new FileGone();
  }

  /**
   * Checks now, which takes some microseconds: after a commit, before it is acknowledged.
   * @throws Error `SQLITE_CANTOPEN`, as `check()`
   */
  checkNow(): void {
    for (const suffix of [MAIN, LOG]) this.#compare(suffix, statOf(this.#path + suffix));
    this.check();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #checkAll(): Promise<void> {
    const suffixes = [...this.#open.keys()];
    const found = await Promise.all(suffixes.map((suffix) => stat(this.#path + suffix).catch(() => undefined)));
    const right = suffixes.map((suffix, index) => this.#compare(suffix, found[index]));
    if (!right.every(Boolean) || this.#problem === undefined) return;
    this.#problem = undefined;
    this.#watcher.back();
  }

  /** Whether this file is the open one. */
  #compare(suffix: string, found: Stats | undefined): boolean {
    const open = this.#open.get(suffix);
    if (open === undefined || (open.ino === found?.ino && open.dev === found.dev)) return true;
    if (this.#problem !== undefined) return false;
    this.#problem = problemOf(this.#path, suffix, found);
    this.#watcher.gone(this.#problem);
    return false;
  }
}

class FileGone extends Error {
  readonly code = 'SQLITE_CANTOPEN';

  constructor() {
    super('the SQLite file is not at its path');
  }
}

/** undefined if the file is missing or cannot be examined. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // its folder was moved, or may no longer be entered
  }
}

function problemOf(path: string, suffix: string, found: Stats | undefined): FileProblem {
  const what =
    found === undefined ? 'was deleted or moved away' : 'is another file than the one that the server has open';
  return {
    cause: `${path}${suffix} ${what}`,
    code: found === undefined ? 'ENOENT' : 'ESTALE',
    next:
      suffix === MAIN
        ? CONDITIONS.database_file_gone.next
        : 'Restart the server: when it stops, it writes what it has into the database. Until then calls are refused with 503.',
  };
}
