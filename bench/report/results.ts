import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Machine, machine } from '../measurement/machine.ts';
import type { Outcome, Scenario } from '../scenario.ts';

/** The outcome of a scenario, with the date, the duration in seconds and the machine. */
export type Result = Outcome & { name: string; about: string; date: string; took: number; machine: Machine };

const FOLDER = join(import.meta.dirname, '../results');
const FILE = join(FOLDER, 'results.json');

/** The most recent result of each scenario, in the order of the scenarios. */
export function readResults(): readonly Result[] {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Result[]) : [];
}

/** Replaces the stored result of a scenario. @param took seconds */
export function keepResult(
  scenarios: readonly Scenario[],
  { name, about }: Scenario,
  outcome: Outcome,
  took: number,
): void {
  const result: Result = { name, about, date: new Date().toISOString(), took, machine: machine(), ...outcome };
  const others = readResults().filter((each) => each.name !== name);
  const place = (of: { name: string }) => scenarios.findIndex((scenario) => scenario.name === of.name);
  const all = [...others, result].filter((each) => place(each) >= 0).sort((a, b) => place(a) - place(b));
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(FILE, `${JSON.stringify(all, rounded, 1)}\n`);
}

const DIGITS = 5;
const rounded = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(DIGITS)) : value);

/** Writes a file into `bench/results/`. */
export const writeResultFile = (name: string, text: string) => writeFileSync(join(FOLDER, name), text);
