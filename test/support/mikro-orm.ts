import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

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
export function runInProject(folder: string, args: readonly string[], env: Record<string, string>): Promise<Outcome> {
  const options = {
    cwd: folder,
    env: { PATH: process.env.PATH, NODE_V8_COVERAGE: '', ...env },
    timeout: END_WITHIN_MS,
    encoding: 'utf8',
  } as const;
  return new Promise((resolve) => {
    execFile(join(folder, 'node_modules/.bin/node'), args, options, (error, stdout, stderr) =>
      resolve({
        code: error === null ? 0 : (error.code ?? error.signal),
        output: stripVTControlCharacters(stdout + stderr),
      }),
    );
  });
}
