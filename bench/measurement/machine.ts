import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { findBinary } from '../../test/support/processes.ts';

/** What the figures depend on: the hardware (without the host name) and the versions of what was measured. */
export type Machine = {
  cores: number;
  cpu: string;
  memoryGb: number;
  kernel: string;
  versions: Readonly<Record<string, string>>;
};

const PACKAGES = ['socket.io', 'ws', 'koa', '@koa/router', '@mikro-orm/core', 'better-sqlite3', 'pg'];
const PROGRAMS = [
  ['PostgreSQL', 'postgres'],
  ['Redis', 'redis-server'],
] as const;

export const machine = (): Machine => ({
  cores: availableParallelism(),
  cpu: cpus()[0]?.model ?? 'unknown',
  memoryGb: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  versions: { Node: process.versions.node, ...packages(), ...programs() },
});

function packages(): Record<string, string> {
  const root = join(import.meta.dirname, '../../node_modules');
  return Object.fromEntries(
    PACKAGES.map((name) => [name, JSON.parse(readFileSync(join(root, name, 'package.json'), 'utf8')).version]),
  );
}

function programs(): Record<string, string> {
  return Object.fromEntries(
    PROGRAMS.flatMap(([name, program]) => {
      const binary = findBinary(program);
      if (binary === undefined) return [];
      const version = /\d+\.\d+(\.\d+)?/.exec(execFileSync(binary, ['--version'], { encoding: 'utf8' }));
      return [[name, version?.[0] ?? 'unknown']];
    }),
  );
}
