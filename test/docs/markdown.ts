import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

export const readText = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** The rows of every table whose header begins with these words, each row as its cells. */
export function rowsOf(markdown: string, ...header: string[]): string[][] {
  const tables = markdown.split(/\n(?!\|)/).filter((block) => block.includes('\n| --- '));
  const rows = tables.map((table) => table.split('\n').filter((line) => line.startsWith('|')));
  const found = rows.filter(([head = '']) => header.every((word, index) => cellsOf(head)[index] === word));
  if (found.length === 0) throw new Error(`there is no table with the header ${header.join(', ')}`);
  return found.flatMap((lines) => lines.slice(2).map(cellsOf));
}

const cellsOf = (line: string) =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The texts in `backquotes`, in order. */
export const codesIn = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);

/** The fenced blocks of a language. */
export function blocksOf(markdown: string, language: string): string[] {
  const blocks = [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)];
  return blocks.filter(([, name]) => name === language).map(([, , block = '']) => block);
}

/** The anchors of a page's headings. */
export function anchorsOf(markdown: string): Set<string> {
  const headings = [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** The targets of a page's links, except those in angle brackets. */
export const linksOf = (markdown: string): string[] =>
  [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);

/** The paths of a tree that is drawn by indentation; folders end with a slash. */
export function pathsOf(tree: string): string[] {
  const parents: string[] = [];
  return tree
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, indent = '', name = ''] = /^((?: {2})*)(\S+)/.exec(line) ?? [];
      const depth = indent.length / 2;
      parents.splice(depth, parents.length, name);
      return parents.join('');
    });
}
