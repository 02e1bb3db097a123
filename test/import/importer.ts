import { join } from 'node:path';

const CLI = join(import.meta.dirname, '../../src/cli/main.ts');

export type Run = { readonly folder: string; readonly to: string | undefined; readonly args: readonly string[] };
export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

// A process that runs `mmchat import` once for each message: the program is evaluated each time, the modules below it are
// loaded once.
let runs = 0;
process.on('message', async (asked: Run) => {
  process.send?.(await run(asked));
});
process.once('disconnect', () => process.exit());

async function run({ folder, to, args }: Run): Promise<Ran> {
  runs += 1;
  process.chdir(folder);
  process.argv = [process.execPath, CLI, 'import', ...args];
  if (to === undefined) delete process.env.DATABASE_URL;
  else process.env.DATABASE_URL = to;
  process.exitCode = 0;
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    process[name].write = (text: unknown) => {
      written[name] += text;
      return true;
    };
  await import(`${CLI}?run=${runs}`);
  return { code: Number(process.exitCode), ...written };
}
