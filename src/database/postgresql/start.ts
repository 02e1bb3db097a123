import { StartError } from '../start-error.ts';
import { type PooledClient, type PostgresqlPool, READ_ONLY, refuseReadOnly, runIn } from './pool.ts';
import type { PostgresqlAddress } from './url.ts';

const UNKNOWN_DATABASE = '3D000';
/** Every server has this database; others are created from it. */
const MAINTENANCE = 'postgres';
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/**
 * Checks whether the server can use this database, and creates it and its schema if that is configured.
 * @param create DATABASE_CREATE: whether a missing database or schema is created
 * @returns what was created, for the summary of the start
 * @throws StartError with what is wrong; or the error of the connection
 */
export async function preparePostgresql(
  pool: PostgresqlPool,
  address: PostgresqlAddress,
  create: boolean,
): Promise<string | undefined> {
  const existing = await inspect(pool).catch((error: { code?: unknown }) => {
    if (error.code !== UNKNOWN_DATABASE || !create || address.database === undefined) throw error;
    return undefined;
  });
  if (existing === undefined) await createDatabase(pool, address);
  const { encoding, schema } = existing ?? (await inspect(pool));
  refuseEncoding(encoding, address);
  if (schema === null) await createSchema(pool, address, create);
  if (existing === undefined) return `a new database was made: ${address.shown}`;
  return schema === null ? `a new schema was made: ${address.schema}` : undefined;
}

async function createSchema(pool: PostgresqlPool, { schema }: PostgresqlAddress, create: boolean): Promise<void> {
  if (schema === undefined)
    throw new StartError(
      'the search_path of the PostgreSQL user names no schema that exists. Make one, or name one in DATABASE_URL (?schema=NAME).',
    );
  if (!create)
    throw new StartError(
      `the schema ${quoted(schema)} of DATABASE_URL does not exist, or this user may not use it. Make it (create schema ${quoted(schema)}), or set DATABASE_CREATE=on.`,
    );
  await withClient(pool, (client) => client.query(`create schema if not exists ${quoted(schema)}`));
}

async function withClient<T>(pool: PostgresqlPool, work: (client: PooledClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

type Found = { readonly encoding: string; readonly schema: string | null };

function inspect(pool: PostgresqlPool): Promise<Found> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query(
      `select ${READ_ONLY}, current_setting('server_encoding') as encoding, current_schema() as schema, pg_backend_pid() as pid`,
    );
    refuseReadOnly(rows[0]);
    const { encoding, schema, pid } = rows[0] ?? {};
    if (Number(pid) !== client.processID) await refuseTransactionPooling(pool, client);
    return { encoding: String(encoding), schema: schema === null ? null : String(schema) };
  });
}

/**
 * Behind a pooler a connection has to keep its process of PostgreSQL, because its settings belong to that process. A
 * pooler of transactions assigns the process to another connection after each transaction.
 */
async function refuseTransactionPooling(pool: PostgresqlPool, one: PooledClient): Promise<void> {
  const pidOf = async (client: PooledClient) =>
    Number((await client.query('select pg_backend_pid() as pid')).rows[0]?.pid);
  const pids = await withClient(pool, async (other) => {
    const [first, others] = [await pidOf(one), await pidOf(other)];
    return { first, others, again: [await pidOf(one), await pidOf(one)] };
  });
  if (pids.first === pids.others || pids.again.some((pid) => pid !== pids.first))
    throw new StartError(
      'the pooler in front of PostgreSQL (such as PgBouncer) pools transactions, with which settings of a connection do not stay. Set pool_mode=session there, or connect to PostgreSQL itself.',
    );
}

function refuseEncoding(encoding: string, { database, user }: PostgresqlAddress): void {
  if (encoding === 'UTF8') return;
  const name = quoted(database ?? user ?? 'mmchat');
  throw new StartError(
    `the database has the encoding ${encoding}, which cannot hold every message. Make one with UTF8: create database ${name} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C' (under another name, or after dropping this one).`,
  );
}

const createDatabase = (pool: PostgresqlPool, { database = '' }: PostgresqlAddress) =>
  runIn(
    MAINTENANCE,
    pool,
    `create database ${quoted(database)} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`,
  );
