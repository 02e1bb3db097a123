import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A line to a server of this machine that can be held: nothing passes then, and nobody is told. */
export type Line = { readonly port: number; hold(): void; release(): void; cut(): void };

export async function lineTo(port: number): Promise<Line> {
  const ends = new Set<Socket>();
  let held = false;
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const end of [near, far]) {
      ends.add(end);
      end.on('error', () => undefined).once('close', () => ends.delete(end));
    }
    // not a pipe, which would go on reading by itself
    near.on('data', (data) => far.write(data)).once('close', () => far.destroy());
    far.on('data', (data) => near.write(data)).once('close', () => near.destroy());
    if (held) for (const end of [near, far]) end.pause();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port, // it listens on a port
    hold() {
      held = true;
      for (const end of ends) end.pause();
    },
    release() {
      held = false;
      for (const end of ends) end.resume();
    },
    cut() {
      server.close();
      for (const end of ends) end.destroy();
    },
  };
}
