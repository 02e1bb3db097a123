import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { registerCleanup } from '../measurement/cleanup.ts';
import type { Figures } from '../measurement/figures.ts';
import type { Reply, Request } from './main.ts';
import type { WorkloadName, workloads } from './workloads.ts';

/** A separate process that generates load, so that clients do not use CPU time of the server's process. */
export type Load<Window> = { window(options: Window): Promise<Figures>; stop(): Promise<void> };
type ParametersOf<Name extends WorkloadName> = Parameters<(typeof workloads)[Name]>[0];

/** Starts the process and sets up a workload in it. Rejects with the error of that process when this fails. */
export async function startLoad<Name extends WorkloadName, Window>(
  workload: Name,
  parameters: ParametersOf<Name>,
): Promise<Load<Window>> {
  const child = fork(join(import.meta.dirname, 'main.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  async function request(message: Request): Promise<unknown> {
    child.send(message);
    const received = await Promise.race([once(child, 'message'), ended.then(() => undefined)]);
    if (received === undefined) throw new Error('the load process has exited');
    const [reply] = received as [Reply];
    if ('error' in reply) throw new Error(`the load process failed: ${reply.error}`);
    return reply.result;
  }
  const stop = registerCleanup(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await request({ workload, parameters }).catch((error) => stop().then(() => Promise.reject(error)));
  return { window: (options) => request({ window: options }) as Promise<Figures>, stop };
}
