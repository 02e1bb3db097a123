import cluster from 'node:cluster';
import { once } from 'node:events';
import { type App, createApp } from '../app.ts';
import { leave, onSignal } from '../leaving.ts';
import { Channel } from './channel.ts';
import { type Failed, STOP, type Started, type Welcome } from './crew.ts';

/** Serves as one of several workers, with the configuration that the primary read. */
export async function runWorker(): Promise<void> {
  const [{ place, folder, config }] = (await once(process, 'message')) as [Welcome]; // the first thing that it says
  const channel = new Channel(cluster.worker?.id ?? 0);
  let app: App | undefined;
  let ending = false;
  function end(): void {
    if (app === undefined) process.exit(0);
    if (!ending) void leave(app);
    ending = true;
  }
  onSignal(end);
  process.on('message', (message) => {
    if (message === STOP) end();
  });
  try {
    app = await createApp(config, { place, folder, channel, count: config.workers });
    process.send?.({ started: { summary: app.summary } } satisfies Started);
  } catch (error) {
    const { message, code, port } = error as NodeJS.ErrnoException & { port?: number };
    process.send?.({ failed: { message, code, port } } satisfies Failed, undefined, {}, () => process.exit(1));
  }
}
