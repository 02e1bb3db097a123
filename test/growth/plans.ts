import { CompiledQuery } from 'kysely';
import type { Database, Sql } from '../../src/database.ts';
import type { Statement } from './statements.ts';

/** What a database says it will do for a statement. */
export type Plan = {
  text: string;
  /** Tables of ours that are read from end to end, or whose index is. */
  scanned: string[];
  /** Whether more is sorted than the statement's limit lets through. */
  sortsForLimit: boolean;
};

/** Tables that grow with the number of people and with what they say. */
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
] as const;

const EXPLAINED = /^\s*(select|insert|update|delete|with)\b/i;

/**
 * PostgreSQL reads a small table from end to end even where it has an index, and rightly. What matters is whether it has to:
 * so it is asked for its plan as if tables were large, where the other ways cost more than an index.
 */
const AS_IF_LARGE = [
  'enable_seqscan = off',
  'enable_hashjoin = off',
  'enable_mergejoin = off',
  'random_page_cost = 1.1',
];

/** Every index with the column that it begins with. */
const INDEXES = `
  select indexname as name, tablename as table, substring(indexdef from '\\((\\w+)') as first from pg_indexes
  where schemaname = current_schema()`;

/** The statement's plan; undefined for what has none, such as the beginning of a transaction. */
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

/** What the tables are called within a statement. */
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
  const scanned = nodes.flatMap((node) => readWhole(node, indexes) ?? []);
  const limits = nodes.filter((node) => node['Node Type'] === 'Limit');
  const sortsForLimit = limits.some(({ Plans = [] }) => Plans.some(sortsBelow));
  return { text: nodes.map(lineOf).join('\n'), scanned: scanned.filter(isGrowing), sortsForLimit };
}

const flat = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(flat)];
const lineOf = (node: Node) =>
  [node['Node Type'], node['Relation Name'], node['Index Cond']].filter((part) => part !== undefined).join(' ');

/** The table that is read from end to end, if one is: or its index, for want of a condition on the column that it begins with. */
function readWhole(node: Node, indexes: readonly Index[]): string | undefined {
  if (node['Node Type'] === 'Seq Scan') return node['Relation Name'];
  const index = indexes.find(({ name }) => name === node['Index Name']);
  if (index === undefined || new RegExp(`\\b${index.first}\\b`).test(node['Index Cond'] ?? '')) return undefined;
  return index.table;
}

/** A sort right below a limit, or below the joins that only look something up for each of its rows. */
function sortsBelow(node: Node): boolean {
  if (/Sort$/.test(node['Node Type'])) return true;
  return (
    /^(Nested Loop|Result|LockRows|Subquery Scan)$/.test(node['Node Type']) && sortsBelow((node.Plans ?? [])[0] ?? node)
  );
}

const isGrowing = (table: string) => (GROWING as readonly string[]).includes(table);
