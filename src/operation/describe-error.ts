const MAX_FRAMES = 10;

/** The loggable part of an error: its type and origin. Database errors quote statements, which can contain message texts. */
export function describeError(thrown: unknown): object {
  if (!(thrown instanceof Error)) return { type: typeof thrown };
  const { name, code, stack = '' } = thrown as NodeJS.ErrnoException;
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '));
  return { name, code, at: frames.slice(0, MAX_FRAMES) };
}
