import { readdirSync, readFileSync } from 'node:fs';
import type { PostgreSql } from '../support/postgresql.ts';

/** Pauses all processes of a PostgreSQL: connections stay open and nothing answers. */
export function pausePostgresql(server: PostgreSql) {
  let paused: number[] = [];
  return {
    pause(): void {
      // the postmaster first, so that it starts no more
      signal([server.pid], 'SIGSTOP');
      paused = [server.pid, ...childrenOf(server.pid)];
      signal(paused, 'SIGSTOP');
    },
    resume(): void {
      signal(paused.reverse(), 'SIGCONT');
      paused = [];
    },
  };
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended meanwhile
    }
  }
}

function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => parentOf(pid) === parent);
}

function parentOf(pid: number): number | undefined {
  try {
    const [, parent] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(parent);
  } catch {
    return undefined; // it has ended meanwhile
  }
}
