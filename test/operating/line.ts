import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

type Ends = Readonly<{ near: Socket; far: Socket }>;
/** A TCP proxy to a server of this machine. While it is held it passes on neither data nor the end of a connection. */
export type Line = {
  readonly port: number;
  /** Holds both directions, or only what the server answers. */
  hold(what?: 'both' | 'answers'): void;
  release(): void;
  /** How many connections were opened so far. */
  opened(): number;
  /** On how many connections data for the server is held back. */
  waiting(): number;
  /** Destroys the open connections with what they hold back, and goes on accepting new ones. */
  drop(): void;
  cut(): void;
};

/** @param see gets a copy of all that goes to the server */
export async function lineTo(port: number, see: (text: string) => void = () => undefined): Promise<Line> {
  const connections = new Set<Ends>();
  let opened = 0;
  let held: 'both' | 'answers' | undefined;
  const pause = ({ near, far }: Ends) => {
    if (held === 'both') near.pause();
    if (held !== undefined) far.pause();
  };
  const drop = () => {
    for (const { near, far } of connections) for (const end of [near, far]) end.destroy();
  };
  // a paused socket still emits its end
  const endNear = ({ near, far }: Ends) => {
    if (held === undefined && far.destroyed) near.destroy();
  };
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    const ends = { near, far };
    opened += 1;
    connections.add(ends);
    for (const end of [near, far]) end.on('error', () => undefined);
    // not a pipe, which would go on reading by itself
    near
      .on('data', (data) => {
        see(`${data}`);
        far.write(data);
      })
      .once('close', () => {
        connections.delete(ends);
        far.destroy();
      });
    far.on('data', (data) => near.write(data)).once('close', () => endNear(ends));
    pause(ends);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port, // it listens on a port
    hold(what = 'both') {
      held = what;
      for (const ends of connections) pause(ends);
    },
    release() {
      held = undefined;
      for (const ends of connections) {
        for (const end of [ends.near, ends.far]) end.resume();
        endNear(ends);
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
