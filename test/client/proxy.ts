import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';

type Direction = 'up' | 'down';
const noDelay = () => 0;

/** A TCP proxy to a port of 127.0.0.1 for one client, with network faults on demand. */
export async function openProxy(port: number) {
  const sockets = new Set<Socket>();
  const held: Record<Direction, (() => void)[] | undefined> = { up: undefined, down: undefined };
  const delayMs: Record<Direction, () => number> = { up: noDelay, down: noDelay };
  let isClosed = false;
  let maxBytes = Number.POSITIVE_INFINITY;
  let refused = 0;
  let trap: { bytes: number; caught: () => void } | undefined;

  /** Forwards chunks, after the delay or once they are released. */
  const forward = (direction: Direction) => {
    let lastDue = 0;
    const inFlight: Buffer[] = [];
    let ended = () => {};
    return new Transform({
      transform(chunk: Buffer, _, done) {
        const pass = () => done(null, chunk);
        if (direction === 'up' && chunk.length > maxBytes) {
          refused += 1;
          return proxy.cut();
        }
        if (direction === 'up' && trap !== undefined && chunk.length > trap.bytes) {
          trap.caught();
          trap = undefined;
          held.up ??= [];
        }
        const waiting = held[direction];
        if (waiting !== undefined) waiting.push(pass);
        else {
          const now = performance.now();
          lastDue = Math.max(lastDue, now + delayMs[direction]());
          if (lastDue <= now) return pass();
          // each chunk has the same delay, however many are in flight
          inFlight.push(chunk);
          setTimeout(() => {
            const first = inFlight.shift(); // timers of the same millisecond fire in any order
            if (!this.destroyed) this.push(first);
            if (inFlight.length === 0) ended();
          }, lastDue - now);
          done();
        }
      },
      flush(done) {
        if (inFlight.length === 0) return done();
        ended = done;
      },
    });
  };

  const server = createServer((client) => {
    if (isClosed) return client.destroy();
    const upstream = connect(port, '127.0.0.1');
    for (const [one, other, direction] of [
      [client, upstream, 'up'],
      [upstream, client, 'down'],
    ] as const) {
      sockets.add(one);
      one.on('error', () => one.destroy());
      one.once('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(forward(direction)).pipe(other);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // a string only for Unix sockets
    /** Cuts every connection; later ones pass. Data in flight is lost. */
    cut() {
      for (const socket of sockets) socket.destroy();
      proxy.release();
    },
    /** From now on nothing arrives in this direction; the connections stay open. */
    hold(direction: Direction) {
      held[direction] ??= [];
    },
    /** Holds everything from the client, starting with the next chunk larger than this. @returns when there was one */
    holdLarger(bytes: number): Promise<void> {
      return new Promise((caught) => (trap = { bytes, caught }));
    },
    release() {
      for (const direction of ['up', 'down'] as const) {
        const waiting = held[direction] ?? [];
        held[direction] = undefined;
        for (const pass of waiting) pass();
      }
    },
    /** Delays everything from now on, in one direction or both; a function is called for each chunk. */
    delay(ms: number | (() => number), ...directions: Direction[]) {
      for (const direction of directions.length === 0 ? (['up', 'down'] as const) : directions)
        delayMs[direction] = typeof ms === 'number' ? () => ms : ms;
    },
    /** Cuts every connection when a client sends a larger chunk. */
    limit(bytes: number) {
      maxBytes = bytes;
    },
    /** How often a client has sent a chunk that was too large. */
    get refused() {
      return refused;
    },
    /** Refuses connections, and cuts the existing ones. */
    shut() {
      isClosed = true;
      proxy.cut();
    },
    open() {
      isClosed = false;
    },
    async stop() {
      proxy.shut();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
export type TcpProxy = Awaited<ReturnType<typeof openProxy>>;
