import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const COMPILED = join(import.meta.dirname, '../../dist/client');
const DIST = join(import.meta.dirname, 'dist');

/**
 * Assembles `dist/` from the compiler's output. The compiler keeps the folders of the repository, because the wire types are
 * a source file of the server; in the package they lie beside the other files.
 */
rmSync(DIST, { recursive: true, force: true });
renameSync(join(COMPILED, 'packages/client/src'), DIST);
for (const name of ['protocol.js', 'protocol.d.ts']) copyFileSync(join(COMPILED, 'src', name), join(DIST, name));
rmSync(COMPILED, { recursive: true });
