import { join } from 'node:path';
import type { OpponentName, opponents } from '../opponents/opponents.ts';
import { type Server, startServer } from './server.ts';

type OptionsOf<Name extends OpponentName> = Parameters<(typeof opponents)[Name]>[0];

/** Starts a bare server. */
export function startOpponent<Name extends OpponentName>(
  name: Name,
  options?: OptionsOf<Name>,
  env = {},
): Promise<Server> {
  const file = join(import.meta.dirname, '../opponents/main.ts');
  return startServer(file, [name, JSON.stringify(options ?? {})], { NODE_ENV: 'production', ...env });
}
