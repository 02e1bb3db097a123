import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Authenticated, Sessions } from '../accounts/sessions.ts';
import { canonicalAddress } from '../rate-limits/client-address.ts';

export const COOKIE_NAME = 'token';
const COOKIE = new RegExp(`(?:^|;)\\s*${COOKIE_NAME}="?([^;\\s"]+)`, 'g');
const BEARER = /^Bearer(?: +(.*))?$/i;
/** Each may cost a look-up in the database. */
const MOST_COOKIES = 5;

/**
 * The tokens that a request bears, the likeliest first: the one that a program sets as `Bearer`, or else those of all
 * cookies of our name, at most 5 of them. A browser can have several such cookies, of other paths or domains, and some of
 * them stale; and a proxy with a password of its own adds `Authorization: Basic`, which is not for this server.
 */
function tokensOf({ authorization, cookie }: IncomingHttpHeaders): string[] {
  const bearer = authorization === undefined ? null : BEARER.exec(authorization);
  if (bearer !== null) return bearer[1] === undefined ? [] : [bearer[1]];
  if (cookie === undefined) return [];
  return Array.from(cookie.matchAll(COOKIE).take(MOST_COOKIES), ([, token = '']) => token);
}

/** Whether a request bears its token where a program puts it, and not in a cookie. */
export const isBearer = ({ authorization = '' }: IncomingHttpHeaders): boolean => BEARER.test(authorization);

/** Whether a request bears any token, be it good or not. */
export const bearsToken = (headers: IncomingHttpHeaders): boolean => tokensOf(headers).length > 0;

/** The callers of all valid tokens of a request. */
export async function authenticateAll(
  { headers }: IncomingMessage,
  sessions: Pick<Sessions, 'authenticate'>,
): Promise<Authenticated[]> {
  const found = await Promise.all(tokensOf(headers).map((token) => sessions.authenticate(token)));
  return found.filter((who) => who !== undefined);
}

/** The caller of a request: of its first valid token. Undefined if none is valid. */
export async function authenticateRequest(
  { headers }: IncomingMessage,
  sessions: Pick<Sessions, 'authenticate'>,
): Promise<Authenticated | undefined> {
  for (const token of tokensOf(headers)) {
    const who = await sessions.authenticate(token);
    if (who !== undefined) return who;
  }
  return undefined;
}

/**
 * The client's address in its canonical form: the one that the outermost trusted proxy saw, or the connection's own where
 * the proxy names none.
 */
export function addressOf(request: IncomingMessage, trustedProxies: number): string {
  const direct = request.socket.remoteAddress ?? '';
  return canonicalAddress(forwardedFor(request, trustedProxies) ?? direct) ?? canonicalAddress(direct) ?? direct;
}

function forwardedFor({ headers }: IncomingMessage, trustedProxies: number): string | undefined {
  const header = headers['x-forwarded-for'];
  if (trustedProxies === 0 || typeof header !== 'string') return undefined;
  const hops = header.split(',');
  return hops.at(-trustedProxies) ?? hops[0];
}
