import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { started } from '../measuring/started.ts';
import type { Figures } from './figures.ts';
import type { JobName, jobs } from './jobs.ts';
import type { Reply, Request } from './main.ts';

/** A process of its own that makes the load, so that it takes nothing from the server's time. */
export type Load<Window> = { window(options: Window): Promise<Figures>; stop(): Promise<void> };
type ParametersOf<Name extends JobName> = Parameters<(typeof jobs)[Name]>[0];

/** Starts the process and sets a job up in it. Rejects with the process's own error when that fails. */
export async function startLoad<Name extends JobName, Window>(
  job: Name,
  parameters: ParametersOf<Name>,
): Promise<Load<Window>> {
  const child = fork(join(import.meta.dirname, 'main.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  async function ask(request: Request): Promise<unknown> {
    child.send(request);
    const reply = await Promise.race([once(child, 'message'), ended.then(() => undefined)]);
    if (reply === undefined) throw new Error('the load process has ended');
    const [answer] = reply as [Reply];
    if ('error' in answer) throw new Error(`the load failed: ${answer.error}`);
    return answer.result;
  }
  const stop = started(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await ask({ job, parameters }).catch((error) => stop().then(() => Promise.reject(error)));
  return { window: (options) => ask({ window: options }) as Promise<Figures>, stop };
}
