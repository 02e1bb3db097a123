import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireRoot } from './services.ts';

export type SmallDisk = {
  readonly folder: string;
  /** Fills it to the last byte. */
  fill(): void;
  free(): void;
  unmount(): void;
};

/**
 * A small file system in memory. Skips the test or suite of this context if it cannot be mounted; throws instead
 * if `CI` is set.
 * @param size in the format of `mount`, such as `24m`
 */
export function mountSmallDisk(context: Mocha.Context, size: string): SmallDisk {
  requireRoot(context);
  const folder = mkdtempSync(join(tmpdir(), 'mmchat-small-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  const filler = join(folder, 'filler');
  const unmount = () => {
    process.off('exit', unmount);
    execFileSync('umount', ['--lazy', folder]);
    rmdirSync(folder);
  };
  process.once('exit', unmount);
  return {
    folder,
    fill() {
      const { bavail, bsize } = statfsSync(folder);
      try {
        writeFileSync(filler, Buffer.alloc(bavail * bsize));
      } catch (error) {
        // another process has written meanwhile: the disk is full
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    free: () => rmSync(filler, { force: true }),
    unmount,
  };
}
