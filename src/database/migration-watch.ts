/** Receives that a migration has waited or run for long, with the cause in a sentence, and that it is over. */
export type WaitReport = { begin(cause: string): void; end(): void };

/** For the command line. */
export const onTerminal: WaitReport = {
  begin: (cause) => console.error(`Waiting: ${cause}`),
  end: () => undefined,
};

const CHECK_EVERY_MS = 1_000;

/**
 * Runs `work`, and reports it if it takes longer than `afterMs`.
 * @param cause finds out what it is waiting for; called every second, and the last result counts: it may be between two
 *   attempts
 */
export async function watched<T>(
  { report, afterMs }: { report: WaitReport; afterMs: number },
  cause: () => Promise<string | undefined> | string,
  work: () => Promise<T>,
): Promise<T> {
  let last = 'the cause is unknown';
  let isReported = false;
  const check = async () => {
    last = (await cause()) ?? last;
  };
  const checking = setInterval(() => void check().catch(() => undefined), Math.min(CHECK_EVERY_MS, afterMs / 2));
  const reporting = setTimeout(() => {
    isReported = true;
    report.begin(last);
  }, afterMs);
  try {
    return await work();
  } finally {
    clearInterval(checking);
    clearTimeout(reporting);
    if (isReported) report.end();
  }
}
