import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sql } from 'kysely';
import type { Database } from './database.ts';

const WRITE_EVERY_MS = 1_000;
const LOCK_TIMEOUT_MS = 1_000;

/** A disk with less free space counts as full: a send may need some pages. */
const MIN_FREE_BYTES = 65_536;

async function assertFreeSpace(folder: string): Promise<void> {
  const { bavail, bfree, bsize } = await statfs(folder);
  const free = process.getuid?.() === 0 ? bfree : bavail; // part of it may be reserved for root
  if (free * bsize < MIN_FREE_BYTES) throw Object.assign(new Error('the disk is full'), { code: 'SQLITE_FULL' });
}

/** Thrown to roll back a transaction. */
class RolledBack extends Error {}

/**
 * Checks whether the database can be read and written at present. However often it is called, one check runs at a time,
 * and at most one per second writes.
 */
export class DatabaseProbe {
  readonly #database: Database;
  readonly #isFailing: () => boolean;
  #checking: Promise<void> | undefined;
  #wroteAt = Number.NEGATIVE_INFINITY;

  /** @param isFailing whether the database was unavailable lately: then more is written */
  constructor(database: Database, isFailing: () => boolean) {
    this.#database = database;
    this.#isFailing = isFailing;
  }

  /** @throws the error of the database while it cannot be used */
  readonly check = (): Promise<void> => {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  };

  async #check(): Promise<void> {
    if (performance.now() - this.#wroteAt < WRITE_EVERY_MS)
      return void (await sql`select 1`.execute(this.#database.sql));
    await (this.#database.kind === 'sqlite' ? this.#rewrite() : this.#writeAndRollBack());
    this.#wroteAt = performance.now();
  }

  /**
   * Writes a page again as it was. That alone does not detect a full disk: SQLite's log may have free space in itself.
   */
  async #rewrite(): Promise<void> {
    if (this.#database.file !== undefined) await assertFreeSpace(dirname(this.#database.file));
    await this.#database.transaction(({ sql: db }) =>
      sql`update mikro_orm_migrations set name = name where id = (select max(id) from mikro_orm_migrations)`.execute(
        db,
      ),
    );
  }

  /** PostgreSQL detects a full disk when a table grows: if the database was unavailable lately, it grows by a page. */
  async #writeAndRollBack(): Promise<void> {
    const rows = this.#isFailing() ? 40 : 1;
    const first = -Math.ceil(Math.random() * 2_000_000_000); // ids that are not used otherwise
    const writing = this.#database.transaction(
      async ({ sql: db }) => {
        await sql`
          insert into mikro_orm_migrations (id, name, executed_at)
          select cast(${first} as int) + n, repeat('x', 200), now()
          from generate_series(1, cast(${rows} as int)) as n`.execute(db);
        throw new RolledBack();
      },
      { lockWithinMs: LOCK_TIMEOUT_MS },
    );
    await writing.catch((error: unknown) => {
      if (!(error instanceof RolledBack)) throw error;
    });
  }
}
