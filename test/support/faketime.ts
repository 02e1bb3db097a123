import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTemporaryFolder } from './processes.ts';

/** The clock of one program, independent of all others. Durations that it measures are unchanged. */
export type FakeClock = {
  /** The environment with which the program has to be started. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets it wrong by so many seconds, at once. */
  set(seconds: number): void;
};

/** Skips the test or suite of this context if `faketime` is not installed. Throws instead if `CI` is set. */
export function requireFakeClock(context: Mocha.Context): FakeClock {
  const [library] = globSync('/usr/lib/{*/,}faketime/libfaketime.so.1');
  if (library === undefined) {
    if (process.env.CI) throw new Error('faketime is not installed, and CI may not skip its tests');
    process.stderr.write('faketime is not installed: skipping the tests that need it\n');
    return context.skip();
  }
  const file = join(makeTemporaryFolder('clock'), 'time');
  const set = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}`);
  set(0);
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    set,
  };
}
