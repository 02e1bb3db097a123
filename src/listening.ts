import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from './config.ts';

/**
 * For how long a connection may be idle between two requests. Proxies keep theirs for 60 s (nginx, Amazon's load
 * balancers), 90 s (Traefik) or 120 s (Caddy): if the server closed one first, a request that is on its way would fail,
 * and a POST may not be repeated.
 */
export const KEEP_ALIVE_MS = 130_000;
const CLOSE_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 20;

/** @throws the system's error, such as EADDRINUSE */
export function listen(server: Server, { host, port }: Config['http']): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

export function urlOf(server: Server, host: string | undefined): string {
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  const name = host === undefined || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** Closes the connections as they become idle, and after 2 s all that are left. */
export async function closeConnections(server: Server): Promise<void> {
  const until = Date.now() + CLOSE_WITHIN_MS;
  while ((await openConnections(server)) > 0 && Date.now() < until) {
    server.closeIdleConnections();
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  server.closeAllConnections();
}

const openConnections = (server: Server) =>
  new Promise<number>((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
