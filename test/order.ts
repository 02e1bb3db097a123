import { globSync } from 'node:fs';
import { basename } from 'node:path';

/** Most of their tests start several processes, and wait for them. */
const HEAVY = [
  'cluster',
  'crash',
  'attacks',
  'web',
  'database',
  'client',
  'deploy',
  'installation',
  'migrations',
  'bench',
];
/** The last part is without heavy files, so that no process of the run is left with a long one at its end. */
const SPREAD_OVER = 0.85;

const isHeavy = (file: string) => HEAVY.includes(file.split('/')[1] ?? '');

const byName = (one: string, other: string) => basename(one).localeCompare(basename(other));
// by name, not by folder, so that files of the same kind are not side by side
const files = globSync('test/**/*.test.ts').sort(byName);
const heavy = files.filter(isHeavy);
const light = files.filter((file) => !isHeavy(file));
const lightPerHeavy = (light.length * SPREAD_OVER) / heavy.length;
const placed = [
  ...heavy.map((file, index) => ({ file, place: index * lightPerHeavy })),
  ...light.map((file, index) => ({ file, place: index + 0.5 })),
];
/** Prints the files of all tests in the order in which they are best run in parallel: heavy ones between light ones. */
console.log(
  placed
    .sort((one, other) => one.place - other.place)
    .map(({ file }) => file)
    .join('\n'),
);
