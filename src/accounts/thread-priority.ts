import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** The other threads have 0. At 10 the pool still gets a tenth of a busy core. */
const NICENESS = 10;
const THREADS = '/proc/self/task';
const WORKER_NAME = 'libuv-worker';

/**
 * Lowers the priority of the thread pool, which hashes passwords, below that of the main thread: a hash takes a core
 * for 60 ms, and with as many hashes as cores every message would wait for one. To be called after the pool's first
 * task, which starts its threads. Only Linux has priorities per thread; elsewhere this does nothing. File system and
 * DNS calls share the pool; SQLite does not.
 */
export function lowerThreadPoolPriority(): void {
  try {
    for (const thread of readdirSync(THREADS)) {
      if (readFileSync(`${THREADS}/${thread}/comm`, 'utf8').trim() === WORKER_NAME)
        setPriority(Number(thread), NICENESS);
    }
  } catch {
    // not Linux, or not permitted: the priority stays as it is
  }
}
