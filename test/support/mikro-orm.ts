import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { runToEnd } from './processes.ts';

const END_WITHIN_MS = 170_000;

export type Outcome = { readonly code: unknown; readonly output: string };

/**
 * Runs MikroORM's command line like `npx`, without the environment of the tests. Its coverage is not measured: it compiles
 * the sources by itself, with other offsets, and c8 would count covered lines as not covered.
 * @param folder the project
 */
export function mikroOrm(folder: string, command: string, env: Record<string, string> = {}): Promise<Outcome> {
  return runInProject(folder, [join(folder, 'node_modules/.bin/mikro-orm'), command], env);
}

/** Runs a program with the project's Node as described above. */
export async function runInProject(
  folder: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Outcome> {
  const { code, stdout, stderr } = await runToEnd(join(folder, 'node_modules/.bin/node'), args, {
    cwd: folder,
    env: { PATH: process.env.PATH, NODE_V8_COVERAGE: '', ...env },
    timeout: END_WITHIN_MS,
  });
  return { code, output: stripVTControlCharacters(stdout + stderr) };
}
