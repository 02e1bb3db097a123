import { inspect } from 'node:util';

/** The properties of system and library errors that are used. */
type Failure = {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly path?: unknown;
  readonly address?: unknown;
  readonly port?: unknown;
  readonly hostname?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
  /** The variable that contains the address to listen on. */
  readonly variable?: unknown;
};
type Sentence = (failure: Failure) => string;

const FIRST_OPEN_PORT = 1024;
const variableOf = ({ variable }: Failure) => (typeof variable === 'string' ? variable : 'HTTP_ADDR');
const fileOf = ({ path }: Failure) => (typeof path === 'string' ? path : 'a file of the server');
const serverAt = ({ address, hostname, port }: Failure) =>
  [address ?? hostname ?? 'a server that it needs', ...(port === undefined ? [] : [`port ${port}`])].join(', ');
const CHECK_SERVER =
  'Check that it is running, and that the variable with its address (DATABASE_URL, REDIS_URL) is right.';
const full: Sentence = (failure) =>
  `there is no space left for ${fileOf(failure)}. Free some, or raise the quota, and start again.`;
const unreached: Sentence = (failure) => `${serverAt(failure)} cannot be reached (${failure.code}). ${CHECK_SERVER}`;

/** Errors when the server begins to listen. */
const LISTENING: Readonly<Record<string, Sentence>> = {
  EADDRINUSE: (failure) => {
    const variable = variableOf(failure);
    return `port ${failure.port} is taken. Choose another with ${variable}, such as ${variable}=:8081.`;
  },
  EACCES: (failure) => {
    const variable = variableOf(failure);
    const why = Number(failure.port) < FIRST_OPEN_PORT ? ': ports below 1024 are for root' : '';
    return `this user is not permitted to listen on port ${failure.port} (EACCES)${why}. Choose another with ${variable}, such as ${variable}=:8080, behind a proxy, or give the process CAP_NET_BIND_SERVICE.`;
  },
  EADDRNOTAVAIL: (failure) =>
    `${failure.address} is not an address of this machine (EADDRNOTAVAIL). Set ${variableOf(failure)} to one; without a host (:${failure.port}) the server listens on all.`,
  EAFNOSUPPORT: (failure) =>
    `this machine does not support addresses like ${failure.address} (EAFNOSUPPORT). Set ${variableOf(failure)} to one that it has.`,
};

/** All other system errors. */
const SYSTEM: Readonly<Record<string, Sentence>> = {
  ENOTFOUND: (failure) => unresolved(failure, 'is unknown to the name server'),
  EAI_AGAIN: (failure) => unresolved(failure, 'cannot be resolved now: the name server does not answer'),
  ECONNREFUSED: (failure) => `nothing listens at ${serverAt(failure)} (ECONNREFUSED). ${CHECK_SERVER}`,
  ECONNRESET: unreached,
  ETIMEDOUT: unreached,
  EHOSTUNREACH: unreached,
  ENETUNREACH: unreached,
  EPIPE: unreached,
  ENOSPC: full,
  EDQUOT: full,
  EROFS: (failure) => `${fileOf(failure)} is on a read-only file system (EROFS). Choose another location.`,
  EACCES: (failure) => `this user may not access ${fileOf(failure)} (EACCES). Change its owner or permissions.`,
  EPERM: (failure) => `this user may not access ${fileOf(failure)} (EPERM). Change its owner or permissions.`,
  ENOENT: (failure) => `${fileOf(failure)} does not exist and cannot be created (ENOENT). Create its folder.`,
  ENOTDIR: (failure) => `a part of the path ${fileOf(failure)} is not a folder (ENOTDIR). Correct the path.`,
  EISDIR: (failure) => `${fileOf(failure)} is a folder, but has to be a file (EISDIR). Correct the path.`,
  EMFILE: () => 'this process has too many open files (EMFILE). Raise its limit (ulimit -n, LimitNOFILE=).',
  ENFILE: () => 'this machine has too many open files (ENFILE). Raise fs.file-max.',
  ENOMEM: () => 'there is not enough memory (ENOMEM). Give the server more.',
};

function unresolved(failure: Failure, what: string): string {
  const variable = typeof failure.variable === 'string' ? failure.variable : 'the variable that contains it';
  return `the name ${failure.hostname} ${what} (${failure.code}). Check its spelling in ${variable}, and DNS.`;
}

/**
 * Describes in one line why a start failed and what to do: a sentence for known system errors, otherwise the error's
 * own message. Never empty.
 */
export function startFailure(error: unknown): string {
  const failures = [...causesOf(error)];
  for (const failure of failures) {
    const { code, syscall, variable } = failure;
    if (typeof code !== 'string') continue;
    const isListening = variable !== undefined || syscall === 'listen' || syscall === 'bind';
    const sentence = (isListening ? LISTENING[code] : undefined) ?? SYSTEM[code];
    if (sentence !== undefined) return sentence(failure);
  }
  return failures.map(messageOf).find((message) => message !== undefined) ?? unexpected(failures[0], error);
}

/** The members of an AggregateError, the error itself, and its causes. */
function* causesOf(error: unknown, depth = 0): Generator<Failure> {
  if (typeof error !== 'object' || error === null || depth > 5) return;
  const failure: Failure = error;
  if (Array.isArray(failure.errors)) for (const each of failure.errors) yield* causesOf(each, depth + 1);
  yield failure;
  yield* causesOf(failure.cause, depth + 1);
}

/** The error's own message in one line, without credentials in URLs. */
function messageOf({ message, code }: Failure): string | undefined {
  if (typeof message !== 'string' || message.trim() === '') return undefined;
  const line = message
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll(/:\/\/[^\s/@]*@/g, '://');
  const known = code === undefined || line.includes(String(code)) ? '' : ` (${code})`;
  return `${line}${known}`;
}

function unexpected(failure: Failure | undefined, error: unknown): string {
  const what = failure === undefined ? inspect(error) : [failure.name ?? 'Error', failure.code ?? 'no code'].join(', ');
  return `an unexpected error without a message occurred (${what}). LOG_LEVEL=debug may show more.`;
}
