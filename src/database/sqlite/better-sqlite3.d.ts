/** The part of better-sqlite3 that is used here: the package has no types of its own. */
declare module 'better-sqlite3' {
  export type Statement = {
    /** Whether it returns rows. */
    readonly reader: boolean;
    all(...values: unknown[]): unknown[];
    get(...values: unknown[]): unknown;
    /** Reads row by row. Meanwhile the same connection can read, but not write. */
    iterate(...values: unknown[]): IterableIterator<unknown>;
    /** Returns rows as arrays. */
    raw(): Statement;
    run(...values: unknown[]): { changes: number; lastInsertRowid: number };
  };

  export default class Database {
    readonly inTransaction: boolean;
    /**
     * @param path empty for a private database in a temporary file, which is deleted when it is closed, or the process ends
     * @param options `timeout` is how long a statement waits for a lock, in milliseconds: it blocks the process
     */
    constructor(
      path: string,
      options?: { readonly fileMustExist?: boolean; readonly readonly?: boolean; readonly timeout?: number },
    );
    prepare(text: string): Statement;
    exec(text: string): unknown;
    close(): unknown;
  }
}
