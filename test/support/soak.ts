/** Whether this is `npm run test:soak`: with the default time limits, and for longer. */
export const IS_SOAK = process.env.SOAK_SECONDS !== undefined;

/** `npm test` runs several files at a time, which delays everything; the soak runs one. */
const SLOWER_BESIDE_OTHERS = 3;

/** The limit on a measured time. @param ms on a machine that does nothing else */
export const limitMs = (ms: number): number => (IS_SOAK ? ms : ms * SLOWER_BESIDE_OTHERS);
