import { parseEnv } from 'node:util';
import { variableNames } from './variables.ts';

export type DotEnv = {
  /** With line numbers. */
  readonly variables: ReadonlyMap<string, { readonly value: string; readonly line: number }>;
  /** Errors that prevent the start, one line each. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
};

const IGNORED = /^[ \t]*(?:#.*)?$/;
const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([^=]*?)[ \t]*=[ \t]*(.*)$/;
const COLON = /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*:/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const UNREADABLE = /[^\P{Cc}\t\n]/u;
const UTF_16 = /^(?:\xff\xfe|\xfe\xff|[^\0]\0|\0[^\0])/;

/**
 * Reads a file of `NAME=value` lines with Node's `parseEnv`, but reports lines that `parseEnv` silently ignores.
 * Problems and warnings never repeat a value.
 * @param file the name of the file, for the problems
 */
export function readDotEnv(bytes: Buffer, file: string): DotEnv {
  const problems: string[] = [];
  const warnings: string[] = [];
  const variables = new Map<string, { value: string; line: number }>();
  if (UTF_16.test(bytes.toString('latin1', 0, 2))) {
    return { variables, warnings, problems: [`${file} is UTF-16: it has to be saved as UTF-8`] };
  }
  const lines = textOf(bytes, file, problems).split('\n');
  if (problems.length > 0) return { variables, warnings, problems };
  for (let index = 0; index < lines.length; index += 1) {
    if (IGNORED.test(lines[index] ?? '')) continue;
    const where = `${file}, line ${index + 1}`;
    try {
      const { name, value, end } = assignmentAt(lines, index);
      const earlier = variables.get(name);
      if (earlier !== undefined) throw `sets a variable that line ${earlier.line} has already set`;
      if (/\$\{\w+\}/.test(value)) warnings.push(`${where}: \${…} is not replaced by a variable`);
      variables.set(name, { value, line: index + 1 });
      index = end;
    } catch (problem) {
      problems.push(`${where}: ${problem}`);
    }
  }
  return { variables, problems, warnings };
}

/** Decodes the file, and removes a byte-order mark and carriage returns. */
function textOf(bytes: Buffer, file: string, problems: string[]): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const lines = linesOf(bytes).map((line, index) => {
    try {
      const text = decoder.decode(line).replace(/\r$/, '');
      if (!UNREADABLE.test(text)) return text;
      problems.push(`${file}, line ${index + 1}: has a control character`);
    } catch {
      problems.push(`${file}, line ${index + 1}: is not UTF-8`);
    }
    return '';
  });
  return lines.join('\n').replace(/^\uFEFF/, '');
}

function linesOf(bytes: Buffer): Buffer[] {
  const end = bytes.indexOf('\n');
  const lines: Buffer[] = [];
  let from = 0;
  for (let at = end; at >= 0; at = bytes.indexOf('\n', from)) {
    lines.push(bytes.subarray(from, at));
    from = at + 1;
  }
  return [...lines, bytes.subarray(from)];
}

/** @throws the problem, as a string */
function assignmentAt(lines: readonly string[], index: number): { name: string; value: string; end: number } {
  const line = lines[index] ?? '';
  const [, name = '', written = ''] = ASSIGNMENT.exec(line) ?? [];
  if (!NAME.test(name)) throw notAnAssignment(line);
  const quote = /^["'`]/.exec(written)?.[0];
  const end = quote === undefined ? index : closingLine(lines, index, quote);
  if (quote === undefined) checkUnquoted(written);
  // one assignment at a time, because parseEnv may merge two
  const value = parseEnv(lines.slice(index, end + 1).join('\n'))[name];
  if (value === undefined) throw 'is not NAME=value';
  return { name, value, end };
}

function notAnAssignment(line: string): string {
  const name = COLON.exec(line)?.[1];
  // other text may be part of a multi-line secret, and is not repeated
  if (name !== undefined && (variableNames.includes(name) || /^[A-Z_]{1,40}$/.test(name)))
    return `${name} is followed by a colon: write ${name}=value`;
  return line.includes('=')
    ? 'is not NAME=value: a name has letters from A to Z, digits and _, and does not begin with a digit'
    : 'is not NAME=value; a comment begins with #, and a value of several lines needs quotes';
}

/** The index of the line in which a quoted value ends. */
function closingLine(lines: readonly string[], index: number, quote: string): number {
  const first = lines[index] ?? '';
  let from = first.indexOf(quote, first.indexOf('=')) + 1;
  for (let at = index; at < lines.length; at += 1) {
    const closing = (lines[at] ?? '').indexOf(quote, from);
    from = 0;
    if (closing < 0) continue;
    if (IGNORED.test((lines[at] ?? '').slice(closing + 1))) return at;
    throw `the text after the closing ${quote} would be ignored; a value with ${quote} needs other quotes`;
  }
  throw `the ${quote} is not closed`;
}

function checkUnquoted(written: string): void {
  if (/^#|[^ \t]#/.test(written.replace(/[ \t]#.*$/, '')))
    throw 'the value would end at the #: put it in quotes, or a blank in front of a comment';
  if (/^[\u2018-\u201f\u00ab\u00bb]/.test(written)) throw 'the quotes are typographic: write " or \'';
}
