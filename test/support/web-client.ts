import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** Folders too: theirs is the time when a file was removed. */
const SOURCES = ['src/web/**', 'packages/client/src/**', 'vite.config.ts', 'package-lock.json'];

/**
 * Builds the page if its sources are newer. To be called once before all tests, which run in several processes: a server
 * reads the result when it starts.
 */
export async function buildWebClient(): Promise<void> {
  const changedAt = Math.max(...globSync(SOURCES, { cwd: ROOT }).map((path) => statSync(join(ROOT, path)).mtimeMs));
  const page = statSync(join(ROOT, 'dist/web/index.html'), { throwIfNoEntry: false });
  if (page !== undefined && page.mtimeMs > changedAt) return;
  const { build } = await import('vite');
  await build({ configFile: join(ROOT, 'vite.config.ts') });
}
