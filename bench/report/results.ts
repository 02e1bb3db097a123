import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Machine, machine } from '../measuring/machine.ts';
import type { Outcome, Row } from '../row.ts';

/** A row's outcome, and when and where it was measured. */
export type Result = Outcome & { name: string; about: string; date: string; took: number; machine: Machine };

const FOLDER = join(import.meta.dirname, '../results');
const FILE = join(FOLDER, 'results.json');

/** The last result of each row that was ever kept, in the order of the rows. */
export function readResults(): readonly Result[] {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Result[]) : [];
}

/** Keeps a row's result in place of its last one. @param took seconds */
export function keepResult(rows: readonly Row[], { name, about }: Row, outcome: Outcome, took: number): void {
  const result: Result = { name, about, date: new Date().toISOString(), took, machine: machine(), ...outcome };
  const others = readResults().filter((each) => each.name !== name);
  const place = ({ name: of }: { name: string }) => rows.findIndex((row) => row.name === of);
  const all = [...others, result].filter((each) => place(each) >= 0).sort((a, b) => place(a) - place(b));
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(FILE, `${JSON.stringify(all, rounded, 1)}\n`);
}

const DIGITS = 5;
const rounded = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(DIGITS)) : value);

/** Writes a file beside the results. */
export const writeBeside = (name: string, text: string) => writeFileSync(join(FOLDER, name), text);
