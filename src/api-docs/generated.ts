import { CONDITIONS } from '../monitoring/conditions.ts';
import { exampleEnvironment, variableTables } from './configuration.ts';
import { table } from './markdown-table.ts';
import { errorsPage, eventsPage, operationsPage } from './reference.ts';

/**
 * A generated part of a document, between `<!-- NAME -->` and `<!-- end of NAME -->`. Without a name it is the whole
 * file.
 */
type Generated = { readonly page: string; readonly name?: string; text(): string };

export const GENERATED: readonly Generated[] = [
  { page: 'docs/operations.md', name: 'conditions', text: conditions },
  { page: 'docs/configuration.md', name: 'variables', text: variableTables },
  { page: '.env.example', text: exampleEnvironment },
  { page: 'docs/api/operations.md', text: operationsPage },
  { page: 'docs/api/events.md', text: eventsPage },
  { page: 'docs/api/errors.md', text: errorsPage },
];

/**
 * Replaces the generated parts of a page.
 * @throws Error if the page lacks the markers of a part
 */
export function withGenerated(page: string, markdown: string): string {
  let result = markdown;
  for (const { name, text } of GENERATED.filter((each) => each.page === page)) {
    if (name === undefined) return text();
    const [begin, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`];
    const [from, to] = [result.indexOf(begin), result.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${page} lacks the markers of ${name}`);
    result = `${result.slice(0, from + begin.length)}\n${text()}\n${result.slice(to)}`;
  }
  return result;
}

function conditions(): string {
  const rows = Object.entries(CONDITIONS).map(([name, { level, begins, ends, next }]) => [
    `\`${name}\``,
    level,
    begins,
    ends,
    next,
  ]);
  return table(['Condition', 'Level', 'Line when it begins', 'Line when it ends', 'What to do'], rows);
}
