import { Pool, TypeOverrides } from 'pg';
import { PostgresqlClient } from './client.ts';
import type { ConnectionWatch } from './connection-watch.ts';
import type { PostgresqlAddress, Target } from './url.ts';

/** A connection that was taken out of the pool. */
export type PooledClient = PostgresqlClient & { release(destroy?: boolean): void };
type ClientClass = new (options: object) => PostgresqlClient;

const INT8_OID = 20;
/** date, timestamp, timestamptz, interval: MikroORM expects their text. */
const TEXT_OIDS = [1082, 1114, 1184, 1186];
const POOL_SIZE = 10;
const APPLICATION = 'mmchat';
/** So a server that has disappeared is detected early; the system's default is two hours. */
const KEEP_ALIVE_AFTER_MS = 10_000;
/**
 * A node that is paused in a transaction must not block other nodes for ever by its locks. This bounds the wait for a
 * lock too; limits on statements would affect migrations, and a frozen server would ignore them.
 */
const IDLE_IN_TRANSACTION_MS = 5_000;

/**
 * Settings that the code depends on, set whatever the defaults of the role, the database or the server are.
 * `standard_conforming_strings` is for security: MikroORM writes values into statements and escapes only quotes.
 */
const SETTINGS = {
  client_encoding: 'UTF8',
  standard_conforming_strings: 'on',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  idle_in_transaction_session_timeout: `${IDLE_IN_TRANSACTION_MS}`,
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  bytea_output: 'hex',
};

/** The server is read-only. The code is the SQLSTATE with which it would refuse a write. */
export class ReadOnlyServer extends Error {
  readonly code = '25006';
  readonly recovering: boolean;

  constructor(recovering: boolean) {
    super('the server is read-only');
    this.recovering = recovering;
  }
}

/** Connections to PostgreSQL; each is set up before it is used. */
export class PostgresqlPool {
  readonly options: object;
  readonly #targets: TargetList;
  readonly #Client: ClientClass;
  readonly #pool: Pool<PostgresqlClient>;
  #ending: Promise<void> | undefined;

  constructor(address: PostgresqlAddress, watch?: ConnectionWatch) {
    this.#targets = new TargetList(address.targets);
    this.#Client = clientClass(address, this.#targets);
    this.options = {
      max: POOL_SIZE,
      types: columnTypes(),
      database: address.database,
      connectionTimeoutMillis: address.connectTimeoutMs,
      keepAlive: true,
      pipeline: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      ...(address.applicationName !== undefined && { application_name: address.applicationName }),
      fallback_application_name: APPLICATION,
      ...(address.options !== undefined && { options: address.options }),
      ...(address.direct && { sslnegotiation: 'direct' }),
      enableChannelBinding: address.enableChannelBinding,
      onConnect: (client: PostgresqlClient) => setUp(client, address),
      Client: this.#Client,
    };
    this.#pool = new Pool(this.options);
    this.#pool.on('connect', (client: PostgresqlClient) => {
      client.on('error', ignored);
      client.endOnFatalErrors();
    });
    this.#pool.on('error', ignored);
    watch?.attach(this.#pool);
  }

  /**
   * Takes a connection out of the pool. A new connection tries the targets one after the other, first the one that worked
   * last: so after a failover it finds the new primary.
   */
  async connect(): Promise<PooledClient> {
    const tried = new Set<Target>();
    for (;;) {
      const { current } = this.#targets;
      try {
        return await this.#pool.connect();
      } catch (error) {
        if (!this.#targets.moveOn(current, error, tried)) throw error;
      }
    }
  }

  /** A connection outside the pool, which is not open yet and is not set up. */
  createClient(options: { readonly database?: string; readonly application_name?: string }): PostgresqlClient {
    return new this.#Client({ ...this.options, ...options });
  }

  get counts(): { busy: number; idle: number; waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.#pool;
    return { busy: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  /** Closes the connections; may be called again. */
  end(): Promise<void> {
    this.#ending ??= this.#pool.end();
    return this.#ending;
  }
}

/** Clients that connect to the current target. */
function clientClass({ user, password, requireChannelBinding }: PostgresqlAddress, targets: TargetList): ClientClass {
  return class extends PostgresqlClient {
    constructor(options: object) {
      const { host, port, ssl } = targets.current;
      super({ ...options, user, password, host, port, ssl });
      if (requireChannelBinding) this.requireChannelBinding();
    }
  };
}

/** Statements on a lost connection fail by themselves; without a listener the event would end the process. */
const ignored = () => undefined;

/** Ids, sequence numbers and times stay below 2^53: plain numbers, as on SQLite. */
function columnTypes(): TypeOverrides {
  const types = new TypeOverrides();
  types.setTypeParser(INT8_OID, Number);
  for (const oid of TEXT_OIDS) types.setTypeParser(oid, (text) => text);
  return types;
}

/**
 * Sets a connection up. Not in the startup packet, in which a pooler would refuse the settings.
 * @throws ReadOnlyServer if the server is read-only and the address requires another; otherwise it can still be read
 */
async function setUp(
  client: PostgresqlClient,
  { schema, connectTimeoutMs, onlyWritable }: PostgresqlAddress,
): Promise<void> {
  const settings = { ...SETTINGS, ...(schema !== undefined && { search_path: quoted(schema, '"') }) };
  const set = Object.entries(settings).map(([name, value]) => `set_config('${name}', ${literal(value)}, false)`);
  // it is not watched yet, and would keep its place in the pool
  const silent = () => client.destroy(new Error('connection timeout while it was set up'));
  const timer = setTimeout(silent, connectTimeoutMs);
  const { rows } = await client.query(`select ${READ_ONLY}, ${set.join()}`).finally(() => clearTimeout(timer));
  if (onlyWritable) refuseReadOnly(rows[0]);
}

/** The columns that `refuseReadOnly` examines. */
export const READ_ONLY =
  "pg_is_in_recovery() as recovering, current_setting('transaction_read_only') = 'on' as readonly";

/** @throws ReadOnlyServer if the server is read-only */
export function refuseReadOnly(row: Record<string, unknown> | undefined): void {
  if (row?.readonly === true) throw new ReadOnlyServer(row.recovering === true);
}

const quoted = (text: string, quote: string) => `${quote}${text.replaceAll(quote, quote + quote)}${quote}`;
/** Means the same whatever `standard_conforming_strings` is. */
const literal = (text: string) =>
  text.includes('\\') ? `E${quoted(text.replaceAll('\\', '\\\\'), "'")}` : quoted(text, "'");

/** Runs a statement in another database of the same server, over a connection of its own. */
export async function runIn(database: string, pool: PostgresqlPool, statement: string): Promise<void> {
  const client = pool.createClient({ database });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** The servers of the address, and which of them is tried next. */
class TargetList {
  readonly #targets: readonly Target[];
  #index = 0;

  constructor(targets: readonly Target[]) {
    this.#targets = targets;
  }

  get current(): Target {
    return this.#targets[this.#index] as Target; // the index stays in range
  }

  /**
   * To be called after a target has failed; another caller may have moved on already.
   * @returns whether a target is left that may work
   */
  moveOn(failed: Target, error: unknown, tried: Set<Target>): boolean {
    const failing = this.#targets.filter((target) => target === failed || wouldFailToo(target, failed, error));
    for (const target of failing) tried.add(target);
    const after = this.#targets.indexOf(failed) + 1;
    const next = [...this.#targets.slice(after), ...this.#targets.slice(0, after)].find((target) => !tried.has(target));
    if (next !== undefined && this.current === failed) this.#index = this.#targets.indexOf(next);
    return next !== undefined;
  }
}

/** The server cannot be reached, is starting or stopping, or is read-only. */
const OTHER_HOST = /^(E[A-Z]+|08\d{3}|25006|57P0[123])$/;
const NO_ANSWER = /connection timeout|timeout expired|Connection terminated unexpectedly/;
/** pg_hba.conf has no line for an encrypted, or an unencrypted, connection. */
const NOT_THIS_WAY = '28000';
const NO_TLS = /does not support SSL|error establishing an SSL|SSL routines/;

/** Whether another target would fail as this one did. */
function wouldFailToo(target: Target, failed: Target, error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  if (code === NOT_THIS_WAY || NO_TLS.test(message) || /^ERR_(SSL|TLS)/.test(code)) return false;
  if (OTHER_HOST.test(code) || NO_ANSWER.test(message))
    return target.host === failed.host && target.port === failed.port;
  return true; // a wrong password, for example, is wrong everywhere
}
