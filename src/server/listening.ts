import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config/config.ts';

/**
 * How long a connection may be idle between two requests. Proxies keep idle connections for 60 s (nginx, Amazon's load
 * balancers), 90 s (Traefik) or 120 s (Caddy). If the server closed one first, a request in flight would fail, and a
 * POST must not be retried.
 */
export const KEEP_ALIVE_MS = 130_000;
const CLOSE_WITHIN_MS = 2_000;
const CHECK_INTERVAL_MS = 20;

/**
 * @param variable the variable that contains the address
 * @throws the system error, such as EADDRINUSE, with `variable`
 */
export function listen(server: Server, { host, port }: Config['http'], variable = 'HTTP_ADDR'): Promise<void> {
  return new Promise((resolve, refuse) => {
    const reject = (error: Error) => refuse(Object.assign(error, { variable }));
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

export function urlOf(server: Server, host: string | undefined): string {
  const { port } = server.address() as AddressInfo; // a port, not a pipe
  const name = host === undefined || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** Closes connections as they become idle, and the remaining ones after 2 s. */
export async function closeConnections(server: Server): Promise<void> {
  const until = performance.now() + CLOSE_WITHIN_MS;
  while ((await openConnections(server)) > 0 && performance.now() < until) {
    server.closeIdleConnections();
    await new Promise((resolve) => setTimeout(resolve, CHECK_INTERVAL_MS));
  }
  server.closeAllConnections();
}

const openConnections = (server: Server) =>
  new Promise<number>((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
