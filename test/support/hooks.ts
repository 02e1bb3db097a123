import fc from 'fast-check';
import { stopServices } from './services.ts';
import { buildWebClient } from './web-client.ts';

/** Adds the cause of a property's failure to its message, because a parallel process does not pass on the cause. */
fc.configureGlobal({ includeErrorInReport: true });

/** Once, before all tests. */
export const mochaGlobalSetup = buildWebClient;

/** Once, after all tests. */
export const mochaGlobalTeardown = stopServices;
