import { setTimeout as sleep } from 'node:timers/promises';
import type { Transaction } from '@mikro-orm/core';
import { MigrationRunner } from '@mikro-orm/migrations';
import type { AbstractSqlConnection } from '@mikro-orm/sql';

/** A number that no other program locks in this database. */
const ADVISORY_LOCK = 727_001;
/** All later transactions queue behind one that waits for a table: for so long at most. */
const LOCK_TIMEOUT_MS = 2_000;
/** Meanwhile the transactions that were queued run. */
const RETRY_AFTER_MS = 1_000;
const LOCK_NOT_AVAILABLE = '55P03';
const DEADLOCK = '40P01';

const ownProcess = async (connection: AbstractSqlConnection, transaction: Transaction): Promise<number> => {
  const [row] = await connection.execute<{ pid: number }[]>('select pg_backend_pid() as pid', [], 'all', transaction);
  return Number(row?.pid);
};

/** The lock of the process that migrates, held by a transaction on a connection of its own: a crash releases it. */
export class AdvisoryLock {
  readonly #connection: AbstractSqlConnection;
  /** PostgreSQL's process of that connection, once it is known. */
  process: number | undefined;

  constructor(connection: AbstractSqlConnection) {
    this.#connection = connection;
  }

  hold<T>(run: () => Promise<T>): Promise<T> {
    return this.#connection.transactional(async (transaction: Transaction) => {
      const execute = (sql: string) => this.#connection.execute(sql, [], 'all', transaction);
      this.process = await ownProcess(this.#connection, transaction);
      // it waits or is idle for as long as the migration takes
      for (const name of ['idle_in_transaction_session_timeout', 'lock_timeout', 'statement_timeout'])
        await execute(`set local ${name} = 0`);
      await execute(`select pg_advisory_xact_lock(${ADVISORY_LOCK})`);
      return run();
    });
  }
}

/** Runs migrations that wait only briefly for a table. */
export class WaitingRunner extends MigrationRunner {
  /** PostgreSQL's process of their transaction, once it is known. */
  process: number | undefined;
  #transaction: Transaction | undefined;

  override setMasterMigration(transaction: Transaction): void {
    super.setMasterMigration(transaction);
    this.#transaction = transaction;
  }

  override async run(...args: Parameters<MigrationRunner['run']>): Promise<void> {
    if (this.#transaction !== undefined) await this.#limit(this.#transaction);
    return super.run(...args);
  }

  async #limit(transaction: Transaction): Promise<void> {
    const connection = this.driver.getConnection();
    this.process = await ownProcess(connection, transaction);
    await connection.execute(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`, [], 'all', transaction);
    await connection.execute('set local statement_timeout = 0', [], 'all', transaction);
  }
}

/** Repeats it until no table was locked for too long. */
export async function retrying<T>(run: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      await sleep(RETRY_AFTER_MS);
    }
  }
}

/** The cause that blocks these processes of PostgreSQL, in a sentence. */
export async function waitingFor(
  connection: AbstractSqlConnection,
  processes: readonly (number | undefined)[],
): Promise<string | undefined> {
  const waiting = processes.filter((each) => each !== undefined);
  if (waiting.length === 0) return 'PostgreSQL has not answered yet';
  const [row] = await connection.execute<{ table: string | null; pid: number; program: string }[]>(
    `select l.relation::regclass::text as table, b.pid, coalesce(nullif(a.application_name, ''), 'unnamed') as program
    from pg_locks l cross join lateral unnest(pg_blocking_pids(l.pid)) as b (pid)
      left join pg_stat_activity a on a.pid = b.pid
    where l.pid in (${waiting.map(Number).join()}) and not l.granted limit 1`,
  );
  if (row === undefined) return undefined;
  const blocker = `process ${row.pid} of PostgreSQL (${row.program})`;
  return row.table === null ? `${blocker} is migrating` : `${blocker} uses the table ${row.table}`;
}

function isLockTimeout(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as NodeJS.ErrnoException;
    if (code === LOCK_NOT_AVAILABLE || code === DEADLOCK) return true;
  }
  return false;
}
