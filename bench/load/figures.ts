import { cpuMicros, memoryBytes } from '../measuring/usage.ts';

/** What a window of time came to, by name: `rate` in operations a second, `p50` in milliseconds, … */
export type Figures = Readonly<Record<string, number>>;
export type Usage = { seconds: number; cpu: number; memory: number };

/** Begins to watch processes; what it returns tells what they have used since: seconds, microseconds of CPU, bytes. */
export function watch(pids: readonly number[]): () => Usage {
  const total = (of: (pid: number) => number) => pids.reduce((sum, pid) => sum + of(pid), 0);
  const [before, began] = [total(cpuMicros), performance.now()];
  return () => ({
    seconds: (performance.now() - began) / 1000,
    cpu: total(cpuMicros) - before,
    memory: total(memoryBytes),
  });
}
