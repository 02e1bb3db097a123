import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

type Ends = Readonly<{ near: Socket; far: Socket }> & { forgotten?: true };
/** A TCP proxy to a server of this machine. While it is held, it passes on neither data nor the end of a connection. */
export type HoldingProxy = {
  readonly port: number;
  /** Holds both directions, or only the answers of the server. */
  hold(what?: 'both' | 'answers'): void;
  release(): void;
  /** Drops the open connections like a NAT: nothing passes on them any more, not even an end. New ones work. */
  forget(): void;
  /** The number of connections opened so far. */
  opened(): number;
  /** The number of connections with held data for the server. */
  waiting(): number;
  /** Destroys the open connections with their held data, and continues to accept new ones. */
  drop(): void;
  cut(): void;
};

/** @param see receives a copy of all data for the server */
export async function startHoldingProxy(
  port: number,
  see: (text: string) => void = () => undefined,
): Promise<HoldingProxy> {
  const connections = new Set<Ends>();
  let opened = 0;
  let held: 'both' | 'answers' | undefined;
  const pause = ({ near, far, forgotten }: Ends) => {
    if (forgotten) for (const end of [near, far]) end.pause();
    if (held === 'both') near.pause();
    if (held !== undefined) far.pause();
  };
  const drop = () => {
    for (const { near, far } of connections) for (const end of [near, far]) end.destroy();
  };
  // a paused socket still emits its end
  const endNear = (ends: Ends) => {
    if (held === undefined && !ends.forgotten && ends.far.destroyed) ends.near.destroy();
  };
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    const ends: Ends = { near, far };
    opened += 1;
    connections.add(ends);
    for (const end of [near, far]) end.on('error', () => undefined);
    // not a pipe, which would resume reading
    near
      .on('data', (data) => {
        see(`${data}`);
        far.write(data);
      })
      .once('close', () => {
        if (ends.forgotten) return;
        connections.delete(ends);
        far.destroy();
      });
    far.on('data', (data) => near.write(data)).once('close', () => endNear(ends));
    pause(ends);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port, // a port, not a pipe
    hold(what = 'both') {
      held = what;
      for (const ends of connections) pause(ends);
    },
    release() {
      held = undefined;
      for (const ends of connections) {
        if (ends.forgotten) continue;
        for (const end of [ends.near, ends.far]) end.resume();
        endNear(ends);
      }
    },
    forget() {
      for (const ends of connections) {
        ends.forgotten = true;
        pause(ends);
      }
    },
    opened: () => opened,
    waiting: () => [...connections].filter(({ near }) => near.readableLength > 0).length,
    drop,
    cut() {
      server.close();
      drop();
    },
  };
}
