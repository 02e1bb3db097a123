import { variableNames } from './variables.ts';

/** Removed variables and their replacements. */
const REMOVED: ReadonlyMap<string, string> = new Map([
  ['WORKERS', 'several cores need several nodes'],
  ['ADMIN_UI_USER', 'its numbers are in /metrics'],
  ['ADMIN_UI_PASSWORD', 'its numbers are in /metrics'],
]);
/** Names of other programs that resemble variables of this one. */
const OTHERS = new Set(['COOKIE_SECRET', 'EMAIL_FROM']);
const PREFIX = /^MMCHAT_?/i;

/** A warning about a name that seems to be meant for this server but is not one of its variables, or undefined. */
export function remarkOn(name: string): string | undefined {
  const replacement = REMOVED.get(name.toUpperCase());
  if (replacement !== undefined) return `${name} is not read any more: ${replacement}`;
  const meant = similarTo(name);
  if (meant !== undefined) return `${name} is not read: ${meant} may be meant`;
  return PREFIX.test(name) ? `${name} is not read: variables have no prefix, and none has this name` : undefined;
}

/** The variable that a name may be a misspelling of, or undefined. */
export function similarTo(name: string): string | undefined {
  const written = name.toUpperCase().replaceAll(/[-.]/g, '_').replace(PREFIX, '');
  if (OTHERS.has(written)) return undefined;
  return variableNames
    .filter((own) => Math.abs(own.length - written.length) <= allowedDistance(own))
    .map((own) => ({ own, distance: distanceOf(written, own) }))
    .filter(({ own, distance }) => distance <= allowedDistance(own))
    .toSorted((a, b) => a.distance - b.distance)[0]?.own;
}

const allowedDistance = (name: string): number => (name.length < 10 ? 1 : 2);

/** The edit distance (Damerau-Levenshtein, optimal string alignment). */
function distanceOf(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = at(last, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swap = swapped ? at(before, column - 2) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(replaced, at(last, column) + 1, at(next, column - 1) + 1, swap));
    }
    [before, last] = [last, next];
  }
  return at(last, to.length);
}

const at = (row: readonly number[], column: number) => row[column] ?? Number.POSITIVE_INFINITY;
