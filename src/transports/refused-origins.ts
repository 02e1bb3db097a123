import type { IncomingMessage } from 'node:http';
import type { Log } from './call.ts';
import { addressOf } from './credentials.ts';

const SILENT_MS = 60_000;
/** More origins than these within a minute are an attack, and are not logged. */
const MOST_ORIGINS = 100;
const MOST_TEXT_CHARS = 200;

/**
 * Returns a function that logs a request that was refused for its origin, and the setting that would allow it: one line a
 * minute for each origin.
 * @param trustedProxies how many proxies to believe about the client's address
 */
export function logRefusedOrigins(log: Pick<Log, 'warn'>, trustedProxies: number): (request: IncomingMessage) => void {
  const loggedAt = new Map<string, number>();
  return (request) => {
    const { origin, host, 'sec-fetch-site': site } = request.headers;
    const key = shortened(origin ?? String(site)) ?? '';
    const now = performance.now();
    if (now - (loggedAt.get(key) ?? Number.NEGATIVE_INFINITY) < SILENT_MS) return;
    if (loggedAt.size >= MOST_ORIGINS) dropBefore(loggedAt, now - SILENT_MS);
    if (loggedAt.size >= MOST_ORIGINS) return;
    loggedAt.set(key, now);
    log.warn(
      { origin: shortened(origin), site, host: shortened(host), address: addressOf(request, trustedProxies) },
      'origin refused: to allow it, add it to CORS_ORIGINS, or to PUBLIC_URL if browsers reach this server under it',
    );
  };
}

function dropBefore(loggedAt: Map<string, number>, moment: number): void {
  for (const [key, at] of loggedAt) if (at <= moment) loggedAt.delete(key);
}

const shortened = (text: string | undefined) => text?.slice(0, MOST_TEXT_CHARS);
