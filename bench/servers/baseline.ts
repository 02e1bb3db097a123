import { join } from 'node:path';
import type { BaselineName, baselines } from '../baselines/baselines.ts';
import { type Server, startServer } from './server.ts';

type OptionsOf<Name extends BaselineName> = Parameters<(typeof baselines)[Name]>[0];

/** Starts a baseline server. */
export function startBaseline<Name extends BaselineName>(
  name: Name,
  options?: OptionsOf<Name>,
  env = {},
): Promise<Server> {
  const file = join(import.meta.dirname, '../baselines/main.ts');
  return startServer(file, [name, JSON.stringify(options ?? {})], { NODE_ENV: 'production', ...env });
}
