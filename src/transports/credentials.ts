import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export const COOKIE_NAME = 'token';
const COOKIE = new RegExp(`(?:^|;\\s*)${COOKIE_NAME}=([^;\\s]+)`);
const BEARER = /^Bearer +(\S+)$/i;

/** The token of a request: the header that a program sets, or a browser's cookie. */
export function tokenOf({ authorization, cookie }: IncomingHttpHeaders): string | undefined {
  if (authorization !== undefined) return BEARER.exec(authorization)?.[1];
  return cookie === undefined ? undefined : COOKIE.exec(cookie)?.[1];
}

/** The client's address: the one that the outermost trusted proxy saw. */
export function addressOf(request: IncomingMessage, trustedProxies: number): string {
  const direct = request.socket.remoteAddress ?? '';
  const header = request.headers['x-forwarded-for'];
  if (trustedProxies === 0 || typeof header !== 'string') return direct;
  const hops = [...header.split(',').map((hop) => hop.trim()), direct];
  return hops.at(-1 - trustedProxies) ?? hops[0] ?? direct;
}
