const MOST_LINES = 10;

/**
 * What of an error may be logged: its kind and where it came from. Never its text: a database's quotes statements, and
 * statements hold what people wrote.
 */
export function describeError(thrown: unknown): object {
  if (!(thrown instanceof Error)) return { type: typeof thrown };
  const { name, code, stack = '' } = thrown as NodeJS.ErrnoException;
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '));
  return { name, code, at: frames.slice(0, MOST_LINES) };
}
