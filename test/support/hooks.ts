import fc from 'fast-check';
import { stopServices } from './services.ts';

/** Adds the cause of a property's failure to its message, because a parallel process does not pass on the cause. */
fc.configureGlobal({ includeErrorInReport: true });

/** Once, after all tests. */
export const mochaGlobalTeardown = stopServices;
