import { join } from 'node:path';
import { build } from 'vite';

let built: Promise<unknown> | undefined;

/** Builds the page from its sources as they are now, once for all tests. A server reads what was built when it starts. */
export async function buildWebClient(): Promise<void> {
  built ??= build({ configFile: join(import.meta.dirname, '../../vite.config.ts') });
  await built;
}
