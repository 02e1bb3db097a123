import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { Config } from '../../config/config.ts';
import { isInsecureOrigin } from '../../config/insecure-origin.ts';
import type { Log } from '../call.ts';

/** Each origin is warned of once; invented origins cannot fill the log. */
const MOST_ORIGINS = 100;

const NOT_SENT =
  'a page of another site has logged in, but its browser will not send the cookie along: set COOKIE_SAMESITE=none (docs/front-end.md)';
const NOT_KEPT =
  'a page on http:// has logged in, but its browser does not keep a secure cookie: serve it over https://, or set COOKIE_SECURE=off';

/**
 * Returns a function to be called for each login over HTTP: it logs, once per origin, that the login will not last in the browser it came
 * from, and the setting to change. Browsers drop such a cookie silently.
 */
export function warnOfLostLogins({ cookie }: Config, log: Pick<Log, 'warn'>): (headers: IncomingHttpHeaders) => void {
  const warned = new Set<string>();
  return (headers) => {
    const { origin } = headers;
    if (origin === undefined || warned.has(origin) || warned.size >= MOST_ORIGINS || !URL.canParse(origin)) return;
    const problem = problemOf(new URL(origin), headers, cookie);
    if (problem === undefined) return;
    warned.add(origin);
    log.warn({ origin }, problem);
  };
}

function problemOf(
  origin: URL,
  { host: own = '', 'sec-fetch-site': site }: IncomingHttpHeaders,
  { sameSite, secure }: Config['cookie'],
): string | undefined {
  const { host, hostname } = origin;
  if (host === own) return secure && isInsecureOrigin(origin) ? NOT_KEPT : undefined;
  // a missing header is guessed: browsers send it only to origins that they consider secure
  const isCrossSite = site === undefined ? siteOf(hostname) !== siteOf(hostnameOf(own)) : site === 'cross-site';
  return isCrossSite && sameSite !== 'none' ? NOT_SENT : undefined;
}

const hostnameOf = (host: string) => (URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '');
const siteOf = (hostname: string) => (isIP(hostname) ? hostname : hostname.split('.').slice(-2).join('.'));
