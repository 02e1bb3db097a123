import type { DatabaseConfig } from '../../config/database-url.ts';
import { insertAll } from './insert.ts';
import { load } from './load.ts';
import { openSource } from './open-source.ts';
import { planAccounts } from './plan-accounts.ts';
import { planConversations } from './plan-conversations.ts';
import { planMessages } from './plan-messages.ts';
import { planNames } from './plan-names.ts';
import { Progress } from './progress.ts';
import { recount } from './recount.ts';
import { Report } from './report.ts';
import { Staging } from './staging.ts';
import { members } from './stored-rows.ts';
import { structureOf, type TableName } from './tables.ts';
import { collectStatistics, openTarget, raiseNextIds, type Target } from './target.ts';

export type ImportOptions = {
  readonly from: DatabaseConfig;
  /** Undefined for a dry run, which opens no target. */
  readonly to: DatabaseConfig | undefined;
  /** The server's own origin, for the addresses of pictures; empty if it is not known. */
  readonly origin: string;
  /** The file for the decisions. */
  readonly report: string;
};
export type Imported = {
  /** The rows of the source. */
  readonly read: ReadonlyMap<TableName, number>;
  /** The rows of the new database. */
  readonly written: Readonly<Record<string, number>>;
  readonly remarks: readonly string[];
  readonly report: Report;
};

type Tools = { readonly report: Report; readonly progress: Progress };

/**
 * Imports the database of the Go server into an empty one, in one transaction.
 * @throws StartError with what is wrong, in one line; Error if the recount differs
 */
export async function importDatabase({ from, to, origin, report: file }: ImportOptions): Promise<Imported> {
  const report = new Report(file);
  const staging = new Staging();
  const tools = { report, progress: new Progress() };
  let target: Target | undefined;
  try {
    target = to && (await openTarget(to));
    const { read, remarks } = await stage(from, staging, tools);
    await plan(staging, origin, tools);
    if (target !== undefined) await fill(target, staging, tools.progress);
    const written = countRows(staging);
    report.write({ done: true, dry_run: to === undefined, read: Object.fromEntries(read), written });
    return { read, written, remarks, report };
  } catch (error) {
    tools.progress.interrupt();
    report.write({ done: false });
    throw error;
  } finally {
    report.close();
    staging.close();
    await target?.close();
  }
}

/** Copies the source as it is at this moment, which is left as early as possible. */
async function stage(
  from: DatabaseConfig,
  staging: Staging,
  tools: Tools,
): Promise<Pick<Imported, 'read' | 'remarks'>> {
  const source = await openSource(from);
  try {
    const structure = structureOf(source.columns);
    for (const remark of structure.remarks) tools.report.write({ remark });
    return { read: await load({ source, structure }, staging, tools), remarks: structure.remarks };
  } finally {
    await source.close();
  }
}

async function plan(staging: Staging, origin: string, { report, progress }: Tools): Promise<void> {
  const now = Date.now();
  progress.begin('deciding');
  await planAccounts(staging, report, { now, origin });
  planConversations(staging, report, now);
  planNames(staging, report);
  planMessages(staging, report);
  reportJoinings(staging, report);
  progress.end();
}

function reportJoinings(staging: Staging, report: Report): void {
  const isNeeded = staging.get(`
    select 1 from members m join conversations c on c.id = m.conversation_id and c.is_group
    where exists (select 1 from placed p where p.conversation_id = m.conversation_id and p.at < m.joined) limit 1`);
  if (isNeeded === undefined) return;
  for (const { conversationId, userId, readByJoining } of members(staging))
    if (readByJoining > 0)
      report.add('read_by_joining', { conversation: conversationId, user: userId, messages: readByJoining });
}

const fill = (target: Target, staging: Staging, progress: Progress): Promise<void> =>
  target.fill(async (queries) => {
    await insertAll(queries, staging, progress);
    await recount(queries, staging, progress);
    await raiseNextIds(queries, target.kind, staging.highestIds);
    await collectStatistics(queries, target.kind);
  });

function countRows(staging: Staging): Record<string, number> {
  const count = (text: string) => staging.get<{ count: number }>(text)?.count ?? 0;
  return {
    users: count('select count(*) as count from accounts'),
    conversations: count('select count(*) as count from totals'),
    participants: count('select count(*) as count from members'),
    pictures: count('select count(*) as count from pictures'),
    messages: count('select coalesce(sum(parts), 0) as count from placed'),
  };
}
