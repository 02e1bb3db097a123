import { readFileSync } from 'node:fs';

/** The unit of CPU time in `/proc`, independent of the kernel's own clock: USER_HZ, see proc(5). */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** The CPU time of a process so far, user and system, all threads included: microseconds, in steps of 10,000. */
export function cpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the name of the program in parentheses, which may itself contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / TICKS_PER_SECOND;
}

/** Resident memory of a process, in bytes. */
export function memoryBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
}
