import { type RedisAddress, redisAddress } from './config-redis.ts';

/** What a variable's text is turned into; a string that is thrown says what would have been right. */
type Parser<T> = (text: string) => T;
type Variable<T> = { parse: Parser<T>; fallback: T };
export type Environment = Readonly<Record<string, string | undefined>>;
export type Address = { host: string | undefined; port: number };
/** So many in so many seconds. */
export type Rate = { points: number; seconds: number };

/** Every bad variable at once, a line each. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

const variable = <T>(parser: Parser<T>, fallback: T): Variable<T> => ({ parse: parser, fallback });
const text: Parser<string> = (value) => value;

const integer = (least: number, most: number): Parser<number> => {
  return (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= least && number <= most) return number;
    throw `a whole number from ${least} to ${most}`;
  };
};

const oneOf = <T extends string>(...allowed: T[]): Parser<T> => {
  return (value) => {
    const found = allowed.find((each) => each === value);
    if (found !== undefined) return found;
    throw `one of ${allowed.join(', ')}`;
  };
};

const onOff: Parser<boolean> = (value) => {
  if (['on', 'true', '1', 'yes'].includes(value)) return true;
  if (['off', 'false', '0', 'no'].includes(value)) return false;
  throw 'on or off';
};

const rate: Parser<Rate> = (value) => {
  const [, points, seconds] = /^([1-9]\d{0,8})\/([1-9]\d{0,8})$/.exec(value) ?? [];
  if (points === undefined || seconds === undefined) throw 'COUNT/SECONDS, such as 20/1';
  return { points: Number(points), seconds: Number(seconds) };
};

const address: Parser<Address> = (value) => {
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[^:\s[\]]*):(\d{1,5})$/.exec(value) ?? [];
  if (port === undefined || Number(port) > 65_535) throw 'HOST:PORT or :PORT';
  return { host: host?.replace(/^\[|\]$/g, '') || undefined, port: Number(port) };
};

const ORIGIN = /^([a-z][a-z\d+.-]*):\/\/([^\s/?#@\\,*]+)$/;
const OWN_ORIGIN = /^https?:\/\/[^/]+\/?$/;

/** `scheme://host[:port]` of any scheme (apps have their own), as browsers write it: in small letters, without a default port. */
function originOf(text: string): string {
  const [, scheme] = ORIGIN.exec(text.toLowerCase()) ?? [];
  if (scheme === undefined || !URL.canParse(text))
    throw 'origins (scheme://host or scheme://host:port, without a path; neither * nor null), separated by commas';
  const { protocol, host } = new URL(text.toLowerCase());
  return `${protocol}//${host}`;
}

const listed = (text: string) => text.split(',').map((each) => each.trim());
const origins: Parser<readonly string[]> = (value) => listed(value).map(originOf);

const publicOrigins: Parser<readonly string[]> = (value) =>
  listed(value).map((each) => {
    if (!OWN_ORIGIN.test(each.toLowerCase()))
      throw 'the origin of the server, such as https://chat.example.com; several are separated by commas';
    return originOf(each.replace(/\/$/, ''));
  });

const url = (...schemes: string[]): Parser<string> => {
  return (value) => {
    if (URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1))) return value;
    throw `a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  };
};

const none: string | undefined = undefined;
const optional = (parser: Parser<string>) => variable<string | undefined>(parser, none);
const MAX_TTL_MIN = 5_256_000; // ten years

/** Every variable that the server reads, with its default. The README documents each; a test holds it to that. */
export const VARIABLES = {
  NODE_ENV: variable<'development' | 'test' | 'production'>(oneOf('development', 'test', 'production'), 'development'),
  HTTP_ADDR: variable(address, { host: undefined, port: 8080 }),
  DATABASE_URL: variable(text, 'sqlite:data/mmchat.sqlite'),
  JWT_SECRET: optional(text),
  JWT_TTL_MIN: variable(integer(1, MAX_TTL_MIN), 1440),
  OTP_DIGITS: variable(integer(4, 10), 6),
  OTP_TTL_SEC: variable(integer(30, 3600), 300),
  BCRYPT_COST: variable(integer(4, 15), 10),
  SENDGRID_API_KEY: optional(text),
  SENDGRID_FROM: optional(text),
  SENDGRID_ENDPOINT: optional(url('http', 'https')),
  SMTP_URL: optional(url('smtp', 'smtps')),
  MAIL_FROM: variable(text, 'MmChat <no-reply@localhost>'),
  REDIS_URL: variable<RedisAddress | undefined>(redisAddress, undefined),
  PUBLIC_URL: variable(publicOrigins, []),
  CORS_ORIGINS: variable(origins, []),
  COOKIE_SAMESITE: variable(oneOf('lax', 'strict', 'none'), 'lax'),
  COOKIE_SECURE: variable<boolean | undefined>(onOff, undefined),
  TRUST_PROXY: variable(integer(0, 16), 0),
  METRICS_ADDR: variable<Address | undefined>(address, undefined),
  LOG_LEVEL: variable(oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'), 'info'),
  RATE_LIMITS: variable(onOff, true),
  RATE_OTP_ADDRESS: variable(rate, { points: 3, seconds: 600 }),
  RATE_OTP_ADDRESS_DAILY: variable(rate, { points: 10, seconds: 86_400 }),
  RATE_OTP_TOTAL: variable(rate, { points: 10, seconds: 600 }),
  RATE_OTP_TOTAL_DAILY: variable(rate, { points: 20, seconds: 86_400 }),
  RATE_WRONG_CODES: variable(rate, { points: 1_000, seconds: 600 }),
  RATE_WRONG_CODES_ORIGIN: variable(rate, { points: 30, seconds: 600 }),
  RATE_SIGNUP_ORIGIN: variable(rate, { points: 60, seconds: 60 }),
  RATE_LOGINS: variable(rate, { points: 60, seconds: 900 }),
  RATE_LOGIN_ACCOUNT: variable(rate, { points: 5, seconds: 900 }),
  RATE_LOGIN_ORIGIN: variable(rate, { points: 50, seconds: 900 }),
  RATE_SENDS: variable(rate, { points: 20, seconds: 1 }),
  RATE_SENDS_BURST: variable(integer(1, 1_000_000), 60),
  RATE_OPERATIONS: variable(rate, { points: 50, seconds: 1 }),
  RATE_ADDED: variable(rate, { points: 120, seconds: 60 }),
  MAX_CONNECTIONS_PER_USER: variable(integer(1, 1_000_000), 20),
};

type Values = { [Name in keyof typeof VARIABLES]: (typeof VARIABLES)[Name]['fallback'] };

export type { Values };

/** Parses every variable; an unset or empty one takes its default, a malformed one is added to `problems`. */
export function parse(env: Environment, problems: string[]): Values {
  const entries = Object.entries(VARIABLES).map(([name, { parse: parser, fallback }]) => {
    const given = env[name]?.trim();
    if (given === undefined || given === '') return [name, fallback];
    try {
      return [name, parser(given)];
    } catch (expected) {
      problems.push(`${name} has to be ${expected}`);
      return [name, fallback];
    }
  });
  return Object.fromEntries(entries) as Values; // fromEntries forgets which key has which type
}
