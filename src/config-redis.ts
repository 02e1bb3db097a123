type RedisHost = { host: string; port: number };
/** Where Redis is: one server, a Redis Cluster, or a server that Sentinels name. */
export type RedisAddress = {
  /** Its hosts alone, for people. */
  shown: string;
} & (
  | { kind: 'server'; url: string }
  | ({ kind: 'cluster'; hosts: readonly RedisHost[] } & Access)
  | ({ kind: 'sentinel'; hosts: readonly RedisHost[]; master: string; sentinelPassword: string | undefined } & Access)
);
/** How its servers are spoken to; the Sentinels have a password of their own. */
type Access = { tls: boolean; username: string | undefined; password: string | undefined };

const DEFAULT_PORTS = { cluster: 6379, sentinel: 26_379 };
const SEVERAL = /^(rediss?)\+(cluster|sentinel):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?@]+)(?:\/([\w.-]*))?(?:\?(.*))?$/;
const HOST = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/;

/**
 * Reads a REDIS_URL: `redis://…`, or with several hosts `redis+cluster://HOST:PORT,…` and
 * `redis+sentinel://HOST:PORT,…/MASTER?sentinel_password=…`; `rediss` for TLS, `USER:PASSWORD@` in front of the hosts.
 * @throws what would have been right, as a string
 */
export function redisAddress(text: string): RedisAddress {
  if (/^rediss?:\/\//.test(text) && URL.canParse(text)) {
    return { kind: 'server', url: text, shown: new URL(text).host };
  }
  const [, scheme, kind, username, password, places = '', master = '', query] = SEVERAL.exec(text) ?? [];
  if (kind !== 'cluster' && kind !== 'sentinel') {
    throw 'a URL that starts with redis://, rediss://, redis+cluster:// or redis+sentinel://';
  }
  const hosts = places.split(',').map((place) => hostOf(place, DEFAULT_PORTS[kind]));
  const access = { tls: scheme === 'rediss', username: decoded(username), password: decoded(password) };
  const common = { hosts, shown: places, ...access };
  if (kind === 'sentinel') {
    if (master === '') throw 'redis+sentinel://HOST:PORT,HOST:PORT/MASTER, with the name of the master at the end';
    const sentinelPassword = new URLSearchParams(query).get('sentinel_password') ?? undefined;
    return { kind, master, sentinelPassword, ...common };
  }
  if (master !== '' || query !== undefined) throw 'redis+cluster://HOST:PORT,HOST:PORT, with nothing behind the hosts';
  return { kind, ...common };
}

function hostOf(text: string, fallbackPort: number): RedisHost {
  const [, host, port = `${fallbackPort}`] = HOST.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) throw 'a URL whose hosts are HOST:PORT, separated by commas';
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

function decoded(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    throw 'a URL whose user and password are percent-encoded';
  }
}
