import { type PooledClient, PostgresqlPool } from '../../database/postgresql/pool.ts';
import { readPostgresqlUrl } from '../../database/postgresql/url.ts';
import { quoted, type Source } from './source.ts';

const PAGE = 1_000;
/** One snapshot for all tables, in which PostgreSQL itself refuses to write. The cursor waits while rows are stored. */
const BEGIN = `begin isolation level repeatable read read only; set local idle_in_transaction_session_timeout = 0;
  set local statement_timeout = 0`;
const COLUMNS = `select table_name as table, column_name as column from information_schema.columns
  join information_schema.tables using (table_schema, table_name)
  where table_schema = current_schema() and table_type = 'BASE TABLE' order by table_name, ordinal_position`;

/** Connects to PostgreSQL, in a transaction that only reads. */
export async function openPostgresqlSource(url: string): Promise<Source> {
  const pool = new PostgresqlPool({ ...readPostgresqlUrl(url), onlyWritable: false });
  try {
    const client = await pool.connect();
    await client.query(BEGIN);
    const { rows } = await client.query(COLUMNS);
    const tables = Map.groupBy(rows, ({ table }) => String(table));
    const columns = [...tables].map(
      ([table, all]) => [table, new Set(all.map(({ column }) => String(column)))] as const,
    );
    return {
      columns: new Map(columns),
      async count(table) {
        const counted = await client.query(`select count(*) as count from ${quoted(table)}`);
        return Number(counted.rows[0]?.count);
      },
      rows: (table, wanted) => rowsOf(client, table, wanted),
      async close() {
        client.release(true);
        await pool.end();
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

async function* rowsOf(client: PooledClient, table: string, columns: readonly string[]) {
  await client.query(`declare source cursor for select ${columns.map(quoted).join()} from ${quoted(table)}`);
  for (;;) {
    const { rows } = await client.query(`fetch ${PAGE} from source`);
    yield rows.map((row) => columns.map((column) => row[column]));
    if (rows.length < PAGE) break;
  }
  await client.query('close source');
}
