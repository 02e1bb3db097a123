import { ConfigError } from '../config/config.ts';
import { startFailure } from './start-failure.ts';

/** Describes an error for the person who started the server or a command. */
export function explain(error: unknown, what = 'MmChat cannot start'): string {
  if (error instanceof ConfigError) return `${what}:\n${error.message.replace(/^/gm, '  ')}`;
  return `${what}: ${startFailure(error)}`;
}
