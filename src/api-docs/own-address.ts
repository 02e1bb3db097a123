import type { IncomingMessage } from 'node:http';
import { EXAMPLE_HOST, EXAMPLE_ORIGIN } from './examples.ts';

/** The configuration that determines the address in the documents. */
export type AddressRules = {
  readonly publicOrigins: readonly string[];
  /** The number of trusted proxies in front of the server. */
  readonly trustedProxies: number;
};

/** A name or an address with an optional port, without special characters of JSON, HTML or shells. */
const HOST = /^(?:[a-z\d_](?:[a-z\d._-]{0,252})|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i;
const FIRST = /^\s*(https?)\s*(?:,|$)/i;

/**
 * The origin of the server as the client addressed it: the one in PUBLIC_URL that matches `Host`, or the first one.
 * Without PUBLIC_URL, `Host` is trusted, as in the check of page origins; the scheme is taken from a trusted proxy
 * only.
 */
export function ownOrigin(request: IncomingMessage, { publicOrigins, trustedProxies }: AddressRules): string {
  const host = request.headers.host ?? '';
  const [first] = publicOrigins;
  if (first !== undefined) return publicOrigins.find((each) => new URL(each).host === host.toLowerCase()) ?? first;
  if (!HOST.test(host) || !URL.canParse(`http://${host}`)) return localOrigin(request);
  return `${trustedProxies > 0 ? forwardedScheme(request) : 'http'}://${host.toLowerCase()}`;
}

function forwardedScheme({ headers }: IncomingMessage): string {
  const [, scheme = 'http'] = FIRST.exec(String(headers['x-forwarded-proto'] ?? '')) ?? [];
  return scheme.toLowerCase();
}

/** The local address of the connection, for a request without a usable `Host`. */
function localOrigin({ socket: { localAddress = 'localhost', localPort } }: IncomingMessage): string {
  return `http://${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
}

/** Replaces the address of the examples in a document or page. */
export const withOrigin = (text: string, origin: string): string =>
  text.replaceAll(EXAMPLE_ORIGIN, origin).replaceAll(EXAMPLE_HOST, new URL(origin).host);
