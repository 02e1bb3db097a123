import { readFileSync } from 'node:fs';

/** The kernel counts in these, whatever its own clock: USER_HZ, see proc(5). */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** CPU time that a process has used so far, in all of its threads: microseconds, in steps of 10,000. */
export function cpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // the second field is the program's name, which may contain anything
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / TICKS_PER_SECOND;
}

/** Resident memory of a process, in bytes. */
export function memoryBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
}
