import { join } from 'node:path';
import { build } from 'vite';

let built: Promise<unknown> | undefined;

/** Builds the page from its current sources, once for all tests. A server reads the result when it starts. */
export async function buildWebClient(): Promise<void> {
  built ??= build({ configFile: join(import.meta.dirname, '../../vite.config.ts') });
  await built;
}
