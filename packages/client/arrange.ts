import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const COMPILED = join(import.meta.dirname, '../../dist/client');
const DIST = join(import.meta.dirname, 'dist');

/**
 * Makes `dist/` of what the compiler wrote. It keeps the folders of the repository, since the wire vocabulary is one of
 * the server's sources; the package has it beside its own.
 */
rmSync(DIST, { recursive: true, force: true });
renameSync(join(COMPILED, 'packages/client/src'), DIST);
for (const name of ['protocol.js', 'protocol.d.ts']) copyFileSync(join(COMPILED, 'src', name), join(DIST, name));
rmSync(COMPILED, { recursive: true });
