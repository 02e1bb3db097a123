import { readFileSync } from 'node:fs';
import { checkServerIdentity, getCACertificates, type PeerCertificate } from 'node:tls';

/** Options of Node's TLS. */
type Tls = {
  readonly rejectUnauthorized: boolean;
  readonly ca?: readonly string[] | string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  readonly checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined;
};
/** One way to connect: a server, encrypted or not. A host that begins with `/` is the folder of a Unix socket. */
export type Target = { readonly host: string; readonly port: number; readonly ssl: Tls | false };

/** The content of a `postgres://` URL. */
export type PostgresqlAddress = {
  /** In the order in which they are tried. */
  readonly targets: readonly Target[];
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  /** The schema of the tables; by default the first of the server's `search_path`. */
  readonly schema: string | undefined;
  readonly applicationName: string | undefined;
  readonly options: string | undefined;
  readonly connectTimeoutMs: number;
  /** Whether read-only servers are skipped: another server may be writable. */
  readonly onlyWritable: boolean;
  readonly direct: boolean;
  readonly requireChannelBinding: boolean;
  readonly enableChannelBinding: boolean;
  /** Host, port and database, without user and password. */
  readonly shown: string;
};

/** How a URL has to be written instead: a phrase that names the parameter and contains no value that may be secret. */
export class UrlProblem extends Error {}
const malformed = () =>
  new UrlProblem(
    'as postgres://user:password@host:port/database?parameters (in a user or password, / ? # @ are %2F %3F %23 %40)',
  );
/** Whether it can be the name of a parameter, rather than the rest of a password with a question mark in it. */
const isWord = (name = '') => /^[a-z_]{1,40}$/i.test(name);

const DEFAULT_PORT = 5432;
const DEFAULT_CONNECT_TIMEOUT_S = 5;
const MAX_CONNECT_TIMEOUT_S = 600;
const MAX_NAME_BYTES = 63;
const FORM = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^@/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const HOST = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]*)(?::(\d*))?$/;

/** Supported parameters. */
const PARAMETERS = [
  'host',
  'port',
  'user',
  'password',
  'dbname',
  'schema',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslpassword',
  'sslnegotiation',
  'channel_binding',
  'gssencmode',
  'application_name',
  'fallback_application_name',
  'options',
  'client_encoding',
  'connect_timeout',
  'target_session_attrs',
  'load_balance_hosts',
] as const;
type Parameter = (typeof PARAMETERS)[number];
type Given = Partial<Record<Parameter, string>>;

/** The supported values of parameters; libpq's other values would change nothing, or cannot be supported. */
const VALUES: Partial<Record<Parameter, readonly string[]>> = {
  sslmode: ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'],
  sslnegotiation: ['postgres', 'direct'],
  channel_binding: ['disable', 'prefer', 'require'],
  gssencmode: ['disable', 'prefer'],
  client_encoding: ['auto', 'UTF8', 'UTF-8', 'utf8', 'utf-8'],
  // the server writes, so it needs a writable server
  target_session_attrs: ['any', 'read-write', 'primary'],
  load_balance_hosts: ['disable'],
};

/**
 * Parses a `postgres://` or `postgresql://` URL as libpq does, and reads the certificates that it names.
 * @throws UrlProblem for a parameter that is unknown, repeated, or has an unsupported value
 */
export function readPostgresqlUrl(url: string): PostgresqlAddress {
  const [, userInfo, authority = '', path, query] = FORM.exec(url) ?? [];
  if (!FORM.test(url)) throw malformed();
  const given = parametersOf(query);
  const [user, password] = userInfo === undefined ? [] : splitOnce(userInfo, ':').map(decode);
  const database = path === undefined || path === '' ? undefined : decode(path);
  const parts = { user: once('user', user, given), password: once('password', password, given) };
  const hosts = hostsOf(authority, given);
  const sslmode = given.sslmode ?? 'prefer';
  const targets = hosts.flatMap((host) => targetsOf(host, sslmode, given));
  const named = { ...parts, database: once('dbname', database, given) };
  return {
    ...named,
    targets,
    schema: schemaOf(given),
    applicationName: given.application_name ?? given.fallback_application_name,
    options: given.options,
    connectTimeoutMs: timeoutOf(given) * 1_000,
    onlyWritable: hosts.length > 1 || (given.target_session_attrs ?? 'any') !== 'any',
    direct: directOf(sslmode, given),
    requireChannelBinding: given.channel_binding === 'require',
    enableChannelBinding: given.channel_binding !== undefined && given.channel_binding !== 'disable',
    shown: `${hosts.map(shownHost).join(',')}/${named.database ?? named.user ?? ''}`,
  };
}

function parametersOf(query: string | undefined): Given {
  const given: Given = {};
  for (const pair of (query ?? '').split('&').filter((each) => each !== '')) {
    const [name, value] = splitOnce(pair, '=').map(decode);
    const known = PARAMETERS.find((each) => each === name);
    if (known === undefined)
      throw isWord(name) ? new UrlProblem(`without ${name}, which is not supported`) : malformed();
    if (known in given) throw new UrlProblem(`with ${known} once only`);
    const allowed = VALUES[known];
    if (value === undefined || (allowed !== undefined && !allowed.includes(value)))
      throw new UrlProblem(`with another ${known}: ${allowed?.join(', ') ?? `${known}=VALUE`}`);
    given[known] = value;
  }
  return given;
}

function once(name: Parameter, before: string | undefined, given: Given): string | undefined {
  if (before !== undefined && before !== '' && given[name] !== undefined)
    throw new UrlProblem(`with ${name} once only`);
  return given[name] ?? (before === '' ? undefined : before);
}

type Host = { readonly host: string; readonly port: number };

function hostsOf(authority: string, given: Given): Host[] {
  if (authority !== '' && given.host !== undefined) throw new UrlProblem('with host once only');
  const ports = given.port?.split(',');
  const hosts = given.host?.split(',').map((host) => [host, undefined] as const) ?? authority.split(',').map(splitHost);
  if (ports !== undefined && hosts.some(([, port]) => port !== undefined)) throw new UrlProblem('with port once only');
  if (ports !== undefined && ports.length !== 1 && ports.length !== hosts.length)
    throw new UrlProblem('with one port, or one for each host');
  return hosts.map(([host, port], index) => ({
    host: host === '' ? 'localhost' : host,
    port: portOf(port ?? ports?.[index] ?? ports?.[0]),
  }));
}

function splitHost(text: string): readonly [host: string, port: string | undefined] {
  const [, host, port] = HOST.exec(text) ?? [];
  if (host === undefined) throw new UrlProblem('with hosts of the form HOST, HOST:PORT or [IPv6]:PORT');
  return [decode(host.replace(/^\[|\]$/g, '')), port];
}

function portOf(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) throw new UrlProblem('with another port: 1 to 65535');
  return port;
}

/** The ways to connect to one host that its `sslmode` allows, in the order in which libpq tries them. */
function targetsOf({ host, port }: Host, sslmode: string, given: Given): Target[] {
  const plain: Target = { host, port, ssl: false };
  if (host.startsWith('/') || sslmode === 'disable') return [plain]; // sockets are not encrypted
  const encrypted: Target = { host, port, ssl: tlsOf(host, sslmode, given) };
  if (sslmode === 'allow') return [plain, encrypted];
  return sslmode === 'prefer' ? [encrypted, plain] : [encrypted];
}

function tlsOf(host: string, sslmode: string, given: Given): Tls {
  const { sslrootcert, sslcert, sslkey, sslpassword } = given;
  if (sslmode === 'verify-ca' && (sslrootcert === undefined || sslrootcert === 'system'))
    throw new UrlProblem('with sslmode=verify-full, or with sslrootcert=FILE for verify-ca');
  // a root certificate that is given is used, as in libpq
  const verifies = sslmode.startsWith('verify-') || (sslmode === 'require' && sslrootcert !== undefined);
  const anyName = () => undefined;
  const thisName = (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate);
  return {
    rejectUnauthorized: verifies,
    ...(verifies && { ca: authoritiesOf(sslrootcert) }),
    ...(verifies && { checkServerIdentity: isNameChecked(sslmode, sslrootcert) ? thisName : anyName }),
    ...(sslcert !== undefined && { cert: contentOf('sslcert', sslcert) }),
    ...(sslkey !== undefined && { key: contentOf('sslkey', sslkey) }),
    ...(sslpassword !== undefined && { passphrase: sslpassword }),
  };
}

const isNameChecked = (sslmode: string, sslrootcert: string | undefined) =>
  sslmode === 'verify-full' || sslrootcert === 'system';

const authoritiesOf = (sslrootcert: string | undefined) =>
  sslrootcert === undefined || sslrootcert === 'system'
    ? [...getCACertificates('default'), ...getCACertificates('system')]
    : contentOf('sslrootcert', sslrootcert);

function contentOf(name: Parameter, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UrlProblem(`with a ${name} that can be read: ${file} (${(error as NodeJS.ErrnoException).code})`);
  }
}

function schemaOf({ schema }: Given): string | undefined {
  if (schema !== undefined && (schema === '' || Buffer.byteLength(schema) > MAX_NAME_BYTES))
    throw new UrlProblem('with the name of a schema');
  return schema;
}

function timeoutOf({ connect_timeout: text }: Given): number {
  if (text === undefined) return DEFAULT_CONNECT_TIMEOUT_S;
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds < 1 || seconds > MAX_CONNECT_TIMEOUT_S)
    throw new UrlProblem(`with another connect_timeout: 1 to ${MAX_CONNECT_TIMEOUT_S} seconds`);
  return seconds;
}

function directOf(sslmode: string, { sslnegotiation }: Given): boolean {
  if (sslnegotiation !== 'direct') return false;
  if (['disable', 'allow', 'prefer'].includes(sslmode))
    throw new UrlProblem('with sslmode=require or stronger for sslnegotiation=direct');
  return true;
}

function shownHost({ host, port }: Host): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === DEFAULT_PORT || host.startsWith('/') ? name : `${name}:${port}`;
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UrlProblem('with %25 for each % that is no escape');
  }
}
