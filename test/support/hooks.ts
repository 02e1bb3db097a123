import { stopServices } from './services.ts';

/** Mocha's root hooks. */
export const mochaHooks = { afterAll: stopServices } satisfies Mocha.RootHookObject;
