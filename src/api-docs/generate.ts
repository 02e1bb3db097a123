import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATED, withGenerated } from './generated.ts';

/** `npm run docs`: writes the generated parts of the documents. A test checks that they are current. */
const ROOT = join(import.meta.dirname, '../..');
for (const page of new Set(GENERATED.map(({ page }) => page))) {
  const path = join(ROOT, page);
  writeFileSync(path, withGenerated(page, readFileSync(path, 'utf8')));
}
