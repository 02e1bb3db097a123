import { isDecodable } from '../operation/text.ts';
import { isHost } from './parsers.ts';

type Allowed = {
  readonly schemes: readonly string[];
  /** Describes a valid URL; follows "has to be". */
  readonly expected: string;
  /** The allowed path; none by default. */
  readonly path?: RegExp;
  /** The allowed query parameters by name; none by default. */
  readonly parameters?: ReadonlyMap<string, Parameter>;
  /** Alternatives to other parameters, by name. */
  readonly instead?: ReadonlyMap<string, string>;
};
export type Parameter = { readonly expected: string; readonly form: RegExp };

const ENCODED = 'a URL whose user and password are percent-encoded: % is written %25, / %2F, ? %3F, # %23 and @ %40';
const NO_PARAMETERS: ReadonlyMap<string, Parameter> = new Map();

/**
 * Parses the URL of a server, and refuses parts that would be ignored.
 * @throws a description of a valid URL, as a string that contains neither the user nor the password
 */
export function serverUrl(text: string, { schemes, expected, path = /^\/?$/, parameters, instead }: Allowed): URL {
  const [, scheme = '', rest = ''] = /^([a-z][a-z\d+.-]*):\/\/([^\s\p{Cc}]+)$/iu.exec(text) ?? [];
  if (!schemes.includes(scheme.toLowerCase())) throw expected;
  // an @ after / ? or # ends a password in which these were not encoded
  if (/[/?#].*@/.test(rest)) throw ENCODED;
  if (!URL.canParse(text)) throw expected;
  const url = new URL(text);
  if (url.hostname === '' || !isHost(plainHost(url.hostname)) || url.port === '0') throw expected;
  if (!isDecodable(url.username) || !isDecodable(url.password)) throw ENCODED;
  if (!path.test(url.pathname)) throw `${expected}, and the path behind the host is not right`;
  if (url.hash !== '') throw 'a URL without #, behind which everything would be ignored';
  checkParameters(url.searchParams, parameters, instead);
  return url;
}

/** @throws a string for parameters that are unknown, invalid or repeated */
export function checkParameters(
  given: URLSearchParams,
  known: ReadonlyMap<string, Parameter> = NO_PARAMETERS,
  instead: ReadonlyMap<string, string> = new Map(),
): void {
  for (const [name, value] of given) {
    const parameter = known.get(name);
    const shown = /^[\w.-]{1,40}$/.test(name) ? `the parameter ${name}` : 'a parameter';
    if (parameter === undefined) throw `a URL without ${shown}: ${instead.get(name) ?? listOf(known)}`;
    if (!parameter.form.test(value)) throw `a URL whose parameter ${name} is ${parameter.expected}`;
    if (given.getAll(name).length > 1) throw `a URL with only one parameter ${name}`;
  }
}

function listOf(known: ReadonlyMap<string, Parameter>): string {
  return known.size === 0 ? 'it takes none' : `it takes ${[...known.keys()].join(', ')}`;
}

/** Converts an international name to the ASCII form that DNS uses. */
function plainHost(host: string): string {
  return host.includes('%') && isDecodable(host) ? new URL(`http://${host}`).hostname : host;
}
