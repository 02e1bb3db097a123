import { readDatabaseConfig, readEnvironment } from '../../config/config.ts';
import { type DatabaseConfig, databaseOf } from '../../config/database-url.ts';
import { ConfigError } from '../../config/definition.ts';
import { parse } from '../../config/variables.ts';
import type { Command } from '../command.ts';
import { type Imported, importDatabase } from './import.ts';
import { DECISIONS, type Decision } from './report.ts';
import type { TableName } from './tables.ts';

const DEFAULT_REPORT = 'import-report.jsonl';

const HELP = `Reads the database of the Go server, which it never writes to, and fills the database of DATABASE_URL, which has to be
empty. Everything is read back and recounted, and committed in one transaction: an import that fails or is interrupted
leaves nothing, and can be started again. Stop the Go server first: messages that it receives later are not imported.

  --from URL      postgres://user:password@host/database, or sqlite:PATH. Required.
  --dry-run       Does everything but writing, and does not open DATABASE_URL.
  --report FILE   Where each decision is written, one JSON object per line; by default ${DEFAULT_REPORT}. It contains
                  names and addresses, and an existing file is replaced.

PUBLIC_URL is where browsers reach the server, for the addresses of pictures that the server keeps.
Temporary files of about the size of the source are written to TMPDIR. docs/coming-from-go.md lists all rules.`;

/** `mmchat import` */
export const IMPORT: Command = {
  summary: 'imports the database of the Go server',
  help: HELP,
  options: { from: { type: 'string' }, 'dry-run': { type: 'boolean' }, report: { type: 'string' } },
  async run({ from, 'dry-run': dryRun, report = DEFAULT_REPORT }) {
    const isDryRun = dryRun === true;
    const source = sourceOf(from);
    const to = isDryRun ? undefined : readDatabaseConfig(readEnvironment().variables);
    return summaryOf(
      await importDatabase({ from: source, to, origin: publicOrigin(), report: String(report) }),
      isDryRun,
    );
  },
};

/** Empty if it is not configured: then the addresses of pictures are paths. */
function publicOrigin(): string {
  const problems: string[] = [];
  const { PUBLIC_URL } = parse({ PUBLIC_URL: readEnvironment().variables.PUBLIC_URL }, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return PUBLIC_URL?.[0] ?? '';
}

function sourceOf(from: unknown): DatabaseConfig {
  const problems = from === undefined ? ['--from is missing: postgres://… or sqlite:PATH'] : [];
  const source = databaseOf(String(from ?? 'sqlite::memory:'), problems);
  if (problems.length > 0) throw new ConfigError(problems.map((each) => each.replaceAll('DATABASE_URL', '--from')));
  return source;
}

const formatted = (count: number) => count.toLocaleString('en');

function summaryOf({ read, written, remarks, report }: Imported, isDryRun: boolean): string {
  const rows = Object.entries(written).map(
    ([table, count]) => `  ${table.padEnd(14)} ${formatted(count).padStart(12)}${ofRows(read.get(table as TableName))}`,
  );
  const decisions = [...report.counts].map(
    ([decision, count]) => `  ${formatted(count).padStart(8)}  ${DECISIONS[decision as Decision]}`,
  );
  return [
    isDryRun ? 'This would be imported; nothing was written:' : 'Imported and recounted, without a difference:',
    ...rows,
    ...section(
      'The source:',
      remarks.map((remark) => `  ${remark}`),
    ),
    ...section('Decided by rule:', decisions),
    `Each decision is in ${report.path}, which contains names and addresses: delete it when you have read it.`,
    ...(isDryRun ? [] : ['Sessions are not imported: everybody logs in again, with the same password.']),
  ].join('\n');
}

const ofRows = (count?: number) => (count === undefined ? '' : `   of ${formatted(count)} rows`);

const section = (title: string, lines: readonly string[]) => (lines.length === 0 ? [] : [title, ...lines]);
