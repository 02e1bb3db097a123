/** Whether this is `npm run test:soak`: with the default time limits, and for longer. */
export const IS_SOAK = process.env.SOAK_SECONDS !== undefined;
