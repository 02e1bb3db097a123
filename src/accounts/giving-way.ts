import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Of the thread pool's threads; 0 is what all others have. A tenth of a core is theirs even when all is busy. */
const NICENESS = 10;
const THREADS = '/proc/self/task';
const NAME = 'libuv-worker';

/**
 * Has the thread pool, in which passwords are hashed, give way to the thread that serves: a hash takes a core for 60 ms,
 * and with as many of them as cores every message would wait for one. To be called when the pool is there, after its
 * first work. Linux alone can do this for threads; elsewhere nothing happens. Files and DNS share the pool and wait too;
 * SQLite is not in it.
 */
export function haveThreadPoolGiveWay(): void {
  try {
    for (const thread of readdirSync(THREADS)) {
      if (readFileSync(`${THREADS}/${thread}/comm`, 'utf8').trim() === NAME) setPriority(Number(thread), NICENESS);
    }
  } catch {
    // not Linux, or not allowed: then it is as it was
  }
}
