import { cpuMicros, memoryBytes } from './process-usage.ts';

/** The figures of one window, by name: `rate` in operations per second, `p50` in milliseconds, … */
export type Figures = Readonly<Record<string, number>>;
/** Wall-clock seconds, microseconds of CPU, and resident bytes. */
export type Usage = { seconds: number; cpu: number; memory: number };

/** Starts measuring the resource usage of processes. The returned function gives their usage since then. */
export function measureUsage(pids: readonly number[]): () => Usage {
  const total = (of: (pid: number) => number) => pids.reduce((sum, pid) => sum + of(pid), 0);
  const [before, began] = [total(cpuMicros), performance.now()];
  return () => ({
    seconds: (performance.now() - began) / 1000,
    cpu: total(cpuMicros) - before,
    memory: total(memoryBytes),
  });
}
