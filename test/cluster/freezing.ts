import { readdirSync, readFileSync } from 'node:fs';
import type { PostgreSql } from '../support/postgresql.ts';

/** Stops all processes of a PostgreSQL where they stand: connections stay open and nothing answers. */
export function freezePostgresql(server: PostgreSql) {
  let frozen: number[] = [];
  return {
    freeze(): void {
      // the postmaster first, so that it starts no more
      signal([server.pid], 'SIGSTOP');
      frozen = [server.pid, ...childrenOf(server.pid)];
      signal(frozen, 'SIGSTOP');
    },
    thaw(): void {
      signal(frozen.reverse(), 'SIGCONT');
      frozen = [];
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
