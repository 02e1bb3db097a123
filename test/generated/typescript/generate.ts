import { execFile } from 'node:child_process';
import { copyFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');
const PROGRAMS = ['chat.ts', 'realtime.ts'];
const OPENAPI_TYPESCRIPT = join(ROOT, 'test/generated/node_modules/openapi-typescript/bin/cli.js');

const CONFIG = {
  compilerOptions: {
    target: 'esnext',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    skipLibCheck: false,
  },
  files: ['mmchat.d.ts', ...PROGRAMS],
};

/**
 * Generates types from an OpenAPI document in a folder, with programs that use them.
 * @throws the output of the generator if it failed
 */
export async function generateTypes(document: string, folder: string): Promise<void> {
  const file = join(folder, 'openapi.json');
  writeFileSync(file, document);
  await run(process.execPath, [OPENAPI_TYPESCRIPT, file, '-o', join(folder, 'mmchat.d.ts')]);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(CONFIG));
  for (const program of PROGRAMS) copyFileSync(join(import.meta.dirname, program), join(folder, program));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
}

/** The errors of the compiler in such a folder; empty if there are none. */
export async function compileTypes(folder: string): Promise<string> {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  try {
    await run(process.execPath, [tsc, '-p', folder]);
    return '';
  } catch (error) {
    return String(error instanceof Error && 'stdout' in error ? error.stdout : error);
  }
}
