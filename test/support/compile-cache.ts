import { enableCompileCache } from 'node:module';
import { COMPILED_ONCE } from './processes.ts';

// Also the modules of the tests' own processes, and of those they start; the coverage of cached code is imprecise.
if (process.env.NODE_V8_COVERAGE === undefined) {
  Object.assign(process.env, COMPILED_ONCE);
  enableCompileCache(COMPILED_ONCE.NODE_COMPILE_CACHE);
}
