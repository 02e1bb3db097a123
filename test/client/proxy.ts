import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';

type Way = 'up' | 'down';

/** A way to a port of 127.0.0.1 for one client, with whatever can happen on the way. */
export async function openProxy(port: number) {
  const sockets = new Set<Socket>();
  const held: Record<Way, (() => void)[] | undefined> = { up: undefined, down: undefined };
  let delayMs = 0;
  let isClosed = false;
  let maxBytes = Number.POSITIVE_INFINITY;
  let refused = 0;
  let trap: { bytes: number; caught: () => void } | undefined;

  /** Passes on, later, or when it is no longer held. */
  const passage = (way: Way) =>
    new Transform({
      transform(chunk: Buffer, _, done) {
        const pass = () => done(null, chunk);
        if (way === 'up' && chunk.length > maxBytes) {
          refused += 1;
          return proxy.cut();
        }
        if (way === 'up' && trap !== undefined && chunk.length > trap.bytes) {
          trap.caught();
          trap = undefined;
          held.up ??= [];
        }
        const waiting = held[way];
        if (waiting !== undefined) waiting.push(pass);
        else if (delayMs > 0) setTimeout(pass, delayMs);
        else pass();
      },
    });

  const server = createServer((incoming) => {
    if (isClosed) return incoming.destroy();
    const outgoing = connect(port, '127.0.0.1');
    for (const [one, other, way] of [
      [incoming, outgoing, 'up'],
      [outgoing, incoming, 'down'],
    ] as const) {
      sockets.add(one);
      one.on('error', () => one.destroy());
      one.once('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(passage(way)).pipe(other);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // a string only for a Unix socket
    /** Cuts every connection; the next ones pass. What was on its way is lost. */
    cut() {
      for (const socket of sockets) socket.destroy();
      proxy.release();
    },
    /** From now on nothing arrives in this direction, and nobody is told. */
    hold(way: Way) {
      held[way] ??= [];
    },
    /** From the next chunk on that is larger than this, nothing arrives from the client. @returns when there was one */
    holdLarger(bytes: number): Promise<void> {
      return new Promise((caught) => (trap = { bytes, caught }));
    },
    release() {
      for (const way of ['up', 'down'] as const) {
        const waiting = held[way] ?? [];
        held[way] = undefined;
        for (const pass of waiting) pass();
      }
    },
    delay(ms: number) {
      delayMs = ms;
    },
    /** Cuts every connection when a client sends more than this at once. */
    limit(bytes: number) {
      maxBytes = bytes;
    },
    /** How often a client has sent too much. */
    get refused() {
      return refused;
    },
    /** Refuses connections, and cuts those that there are. */
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
