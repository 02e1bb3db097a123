import type { Parser } from './definition.ts';
import { isHost } from './parsers.ts';
import { checkParameters, type Parameter, serverUrl } from './server-url.ts';

type RedisHost = { host: string; port: number };
/** The address of Redis: one server, a Redis Cluster, or Sentinels that name the server. */
export type RedisAddress = {
  /** Only the hosts, for the start-up lines. */
  shown: string;
} & (
  | { kind: 'server'; url: string }
  | ({ kind: 'cluster'; hosts: readonly RedisHost[] } & Access)
  | ({ kind: 'sentinel'; hosts: readonly RedisHost[]; master: string; sentinelPassword: string | undefined } & Access)
);
/** Of the servers; the Sentinels have their own password. */
type Access = { tls: boolean; username: string | undefined; password: string | undefined };

const DEFAULT_PORTS = { cluster: 6379, sentinel: 26_379 };
const SEVERAL = /^(rediss?)\+(cluster|sentinel):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?@]+)(?:\/([\w.-]*))?(?:\?(.*))?$/;
const HOST = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/;

const EXPECTED = 'a URL that starts with redis://, rediss://, redis+cluster:// or redis+sentinel://';
const SENTINEL: ReadonlyMap<string, Parameter> = new Map([
  ['sentinel_password', { expected: 'a password', form: /./ }],
]);

export const redisUrl: Parser<RedisAddress> = { expected: EXPECTED, read: redisAddress };

/**
 * Reads a REDIS_URL: `redis://…/DATABASE`, or with several hosts `redis+cluster://HOST:PORT,…` and
 * `redis+sentinel://HOST:PORT,…/MASTER?sentinel_password=…`; `rediss` for TLS, `USER:PASSWORD@` in front of the hosts.
 * @throws a description of valid text, as a string
 */
export function redisAddress(text: string): RedisAddress {
  if (/^rediss?:\/\//.test(text)) {
    const { host } = serverUrl(text, {
      schemes: ['redis', 'rediss'],
      expected:
        'redis://HOST:PORT or rediss://HOST:PORT, with USER:PASSWORD@ in front and /NUMBER of a database behind',
      path: /^(?:\/\d{0,5})?$/,
    });
    return { kind: 'server', url: text, shown: host };
  }
  const [, scheme, kind, username, password, hostList = '', master = '', query] = SEVERAL.exec(text) ?? [];
  if (kind !== 'cluster' && kind !== 'sentinel') throw EXPECTED;
  const hosts = hostList.split(',').map((each) => hostOf(each, DEFAULT_PORTS[kind]));
  const access = { tls: scheme === 'rediss', username: decoded(username), password: decoded(password) };
  const common = { hosts, shown: hostList, ...access };
  if (kind === 'sentinel') {
    if (master === '') throw 'redis+sentinel://HOST:PORT,HOST:PORT/MASTER, with the name of the master at the end';
    const parameters = new URLSearchParams(query);
    if (query?.includes('+')) throw 'a URL in whose parameters + is written %2B';
    checkParameters(parameters, SENTINEL);
    return { kind, master, sentinelPassword: parameters.get('sentinel_password') ?? undefined, ...common };
  }
  if (master !== '' || query !== undefined) throw 'redis+cluster://HOST:PORT,HOST:PORT, with nothing behind the hosts';
  return { kind, ...common };
}

function hostOf(text: string, fallbackPort: number): RedisHost {
  const [, host, port = `${fallbackPort}`] = HOST.exec(text) ?? [];
  if (host === undefined || !isHost(host) || Number(port) > 65_535 || Number(port) === 0)
    throw 'a URL whose hosts are HOST:PORT, separated by commas';
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
