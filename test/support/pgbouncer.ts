import { chownSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { clusterOwner } from './postgresql.ts';
import { findBinary, freePort, makeTemporaryFolder, removeTemporaryFolder, startProcess } from './processes.ts';

export type PgBouncer = {
  /** The same database through the pooler. */
  through(url: string): string;
  stop(): Promise<void>;
};

/** Starts a PgBouncer in front of the PostgreSQL on this port. Returns undefined if it is not installed. */
export async function startPgbouncer(port: number, mode: 'session' | 'transaction'): Promise<PgBouncer | undefined> {
  process.env.PATH = `${process.env.PATH}${delimiter}/usr/sbin`;
  const binary = findBinary('pgbouncer');
  if (binary === undefined) return undefined;
  const folder = makeTemporaryFolder('pgbouncer');
  const owner = clusterOwner();
  const own = await freePort();
  const settings = `[databases]
* = user=postgres host=127.0.0.1 port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = 30
`;
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(file, settings);
  for (const path of [folder, file]) if (owner) chownSync(path, owner.uid, owner.gid);
  const started = await startProcess(binary, [file], { ready: own, cwd: folder, ...owner });
  return {
    through(url) {
      const given = new URL(url);
      given.port = `${own}`;
      return given.href;
    },
    async stop() {
      await started.stop('SIGINT');
      removeTemporaryFolder(folder);
    },
  };
}
