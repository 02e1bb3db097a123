import { CompiledQuery } from 'kysely';
import type { Database } from '../../src/database/database.ts';
import type { Sql } from '../../src/database/queries.ts';
import type { Statement } from './statements.ts';

/** The query plan of a statement. */
export type Plan = {
  text: string;
  /** Growing tables that are scanned completely, or one of whose indexes is. */
  scanned: string[];
  /** Whether the statement sorts more rows than its limit returns. */
  sortsForLimit: boolean;
};

/** Tables that grow with the number of users and messages. */
export const GROWING = [
  'users',
  'sessions',
  'tickets',
  'one_time_codes',
  'conversations',
  'participants',
  'read_ranges',
  'missed_blocks',
  'messages',
  'avatars',
] as const;

const EXPLAINED = /^\s*(select|insert|update|delete|with)\b/i;

/**
 * PostgreSQL correctly scans small tables even where an index exists. The test is whether it could use an index, so these
 * settings make it plan as for large tables, where an index is cheaper.
 */
const AS_IF_LARGE = [
  'enable_seqscan = off',
  'enable_hashjoin = off',
  'enable_mergejoin = off',
  'random_page_cost = 1.1',
];

/** All indexes with their first column. */
const INDEXES = `
  select indexname as name, tablename as table, substring(indexdef from '\\((\\w+)') as first from pg_indexes
  where schemaname = current_schema()`;

/** The plan of a statement; undefined for statements without one, such as `begin`. */
export async function planOf(database: Database, { sql, parameters }: Statement): Promise<Plan | undefined> {
  if (!EXPLAINED.test(sql)) return undefined;
  if (database.kind === 'sqlite')
    return planOnSqlite(sql, await explain(database.sql, `explain query plan ${sql}`, parameters));
  return database.transaction(async ({ sql: transaction }) => {
    for (const setting of AS_IF_LARGE) await explain(transaction, `set local ${setting}`, []);
    const indexes = (await explain(transaction, INDEXES, [])) as Index[];
    return planOnPostgresql(await explain(transaction, `explain (format json) ${sql}`, parameters), indexes);
  });
}

async function explain(db: Sql, text: string, parameters: readonly unknown[]): Promise<unknown[]> {
  const { rows } = await db.executeQuery(CompiledQuery.raw(text, [...parameters]));
  return rows;
}

function planOnSqlite(sql: string, rows: readonly unknown[]): Plan {
  const details = (rows as { detail: string }[]).map(({ detail }) => detail);
  const aliases = aliasesIn(sql);
  const scanned = details.flatMap((detail) => {
    const name = /^SCAN (\w+)/.exec(detail)?.[1] ?? '';
    const table = aliases.get(name) ?? name;
    return isGrowing(table) ? [table] : [];
  });
  const sortsForLimit = /\blimit\b/i.test(sql) && details.some((detail) => /TEMP B-TREE FOR .*ORDER BY/.test(detail));
  return { text: details.join('\n'), scanned, sortsForLimit };
}

/** Maps the aliases in a statement to its tables. */
function aliasesIn(sql: string): Map<string, string> {
  const named = sql.matchAll(/\b(?:from|join|update|into)\s+[`"]?(\w+)[`"]?(?:\s+(?:as\s+)?[`"]?(\w+)[`"]?)?/gi);
  return new Map([...named].map(([, table = '', alias = table]) => [isGrowing(table) ? alias : table, table]));
}

type Node = {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  Plans?: Node[];
};
type Index = { name: string; table: string; first: string };

function planOnPostgresql(rows: readonly unknown[], indexes: readonly Index[]): Plan {
  const [{ Plan: root }] = (rows[0] as { 'QUERY PLAN': [{ Plan: Node }] })['QUERY PLAN'];
  const nodes = flat(root);
  const scanned = nodes.flatMap((node) => completelyRead(node, indexes) ?? []);
  const limits = nodes.filter((node) => node['Node Type'] === 'Limit');
  const sortsForLimit = limits.some(({ Plans = [] }) => Plans.some(sortsBelow));
  return { text: nodes.map(lineOf).join('\n'), scanned: scanned.filter(isGrowing), sortsForLimit };
}

const flat = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(flat)];
const lineOf = (node: Node) =>
  [node['Node Type'], node['Relation Name'], node['Index Cond']].filter((part) => part !== undefined).join(' ');

/** The table if the node reads all of it, or all of an index because no condition names the index's first column. */
function completelyRead(node: Node, indexes: readonly Index[]): string | undefined {
  if (node['Node Type'] === 'Seq Scan') return node['Relation Name'];
  const index = indexes.find(({ name }) => name === node['Index Name']);
  if (index === undefined || new RegExp(`\\b${index.first}\\b`).test(node['Index Cond'] ?? '')) return undefined;
  return index.table;
}

/** Whether a limit has a sort directly below it, or below joins that only look up something for each row. */
function sortsBelow(node: Node): boolean {
  if (/Sort$/.test(node['Node Type'])) return true;
  return (
    /^(Nested Loop|Result|LockRows|Subquery Scan)$/.test(node['Node Type']) && sortsBelow((node.Plans ?? [])[0] ?? node)
  );
}

const isGrowing = (table: string) => (GROWING as readonly string[]).includes(table);
