const STEP_MS = 3;
const SPREAD_OVER_MS = 3_000;

/**
 * Closes connections one after the other over up to 3 s, so that their clients do not all reconnect to the other nodes in
 * the same moment.
 */
export async function sayFarewell(closings: readonly (() => void)[]): Promise<void> {
  const step = Math.min(STEP_MS, SPREAD_OVER_MS / closings.length);
  const start = Date.now();
  for (const [index, close] of closings.entries()) {
    const early = start + index * step - Date.now();
    if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
    close();
  }
}
