import { GROUPS } from '../config/variables.ts';
import { table } from './markdown-table.ts';

const NONE = '–';
const MAX_LINE = 110;

/** All variables with their defaults, values and descriptions, in one table per group. */
export function variableTables(): string {
  const groups = Object.entries(GROUPS).map(([title, variables]) => {
    const rows = Object.entries(variables).map(([name, { defaultText, expected, description }]) => [
      `\`${name}\``,
      defaultText === undefined ? NONE : `\`${defaultText}\``,
      expected,
      description,
    ]);
    return `### ${title}\n\n${table(['Variable', 'Default', 'Value', 'Description'], rows)}`;
  });
  return groups.join('\n');
}

/** The content of `.env.example`: all variables with their defaults, commented out. */
export function exampleEnvironment(): string {
  const groups = Object.entries(GROUPS).map(([title, variables]) => {
    const entries = Object.entries(variables).map(
      ([name, { defaultText = '', expected, description }]) =>
        `${comment(`${plain(description)} Value: ${expected}.`)}\n# ${name}=${defaultText}\n`,
    );
    return `## ${title}\n\n${entries.join('\n')}`;
  });
  return `${comment(HEAD)}\n\n${groups.join('\n')}`;
}

const HEAD =
  'Copy this file to `.env` and uncomment the variables to change; the environment takes precedence over it. Each value is the default; docs/configuration.md explains them. `npm run docs` generates this file.';

/** Removes links and code marks. */
const plain = (markdown: string) => markdown.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');

/** Wraps text into comment lines. */
function comment(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length > MAX_LINE) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => `# ${line}`).join('\n');
}
