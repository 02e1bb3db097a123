import { isIPv4, isIPv6 } from 'node:net';
import type { Parser } from './definition.ts';

export type Address = { host: string | undefined; port: number };
/** A number of uses per time. */
export type Rate = { points: number; seconds: number };

const MAX_POINTS = 999_999_999;
/** The longest timer of Node, in seconds: a longer one fires at once, which would disable the limit. */
export const MAX_TIMER_SEC = 2_147_483;
const HOST_NAME = /^(?=.{1,253}$)[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?(?:\.[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?)*\.?$/i;

export function integer(least: number, most: number, of = ''): Parser<number> {
  const expected = `a whole number from ${least} to ${most}${of}`;
  return {
    expected,
    read(text) {
      const number = Number(text);
      if (/^\d+$/.test(text) && number >= least && number <= most) return number;
      throw expected;
    },
  };
}

/** Case-sensitive, for a variable that other programs read too. */
export function exactlyOneOf<T extends string>(...allowed: T[]): Parser<T> {
  return choice(`one of ${allowed.join(', ')}`, allowed, (text) => text);
}

/** Case-insensitive. */
export function oneOf<T extends string>(...allowed: T[]): Parser<T> {
  return choice(`one of ${allowed.join(', ')}`, allowed, (text) => text.toLowerCase());
}

function choice<T extends string>(
  expected: string,
  allowed: readonly T[],
  normalize: (text: string) => string,
): Parser<T> {
  return {
    expected,
    read(text) {
      const found = allowed.find((each) => each === normalize(text));
      if (found !== undefined) return found;
      throw expected;
    },
  };
}

export const onOff: Parser<boolean> = {
  expected: 'on or off',
  read(text) {
    if (['on', 'true', '1', 'yes'].includes(text.toLowerCase())) return true;
    if (['off', 'false', '0', 'no'].includes(text.toLowerCase())) return false;
    throw this.expected;
  },
};

export function rate(maxSeconds = MAX_TIMER_SEC): Parser<Rate> {
  const expected = `COUNT/SECONDS, such as 20/1, from 1/1 to ${MAX_POINTS}/${maxSeconds}`;
  return {
    expected,
    read(text) {
      const [, count = '', time = ''] = /^([1-9]\d{0,8})\/([1-9]\d{0,8})$/.exec(text) ?? [];
      const [points, seconds] = [Number(count), Number(time)];
      if (points === 0 || seconds === 0 || seconds > maxSeconds) throw expected;
      return { points, seconds };
    },
  };
}

export const address: Parser<Address> = {
  expected: 'HOST:PORT or :PORT, HOST being an IP address (IPv6 in brackets) or a name of this machine',
  read(text) {
    const [, host = '', port] = /^(\[[^\]]*\]|[^:\s[\]]*):(\d{1,5})$/.exec(text) ?? [];
    if (port === undefined || Number(port) > 65_535 || (host !== '' && !isHost(host))) throw this.expected;
    return { host: host.replace(/^\[|\]$/g, '') || undefined, port: Number(port) };
  },
};

/** An IP address (IPv6 in brackets) or a host name. */
export function isHost(text: string): boolean {
  if (text.startsWith('[')) return isIPv6(text.slice(1, -1));
  return /^[\d.]+$/.test(text) ? isIPv4(text) : HOST_NAME.test(text);
}

export const secret: Parser<string> = {
  expected: 'text without control characters',
  read(text) {
    if (/\p{Cc}/u.test(text)) throw this.expected;
    return text;
  },
};

export const apiKey: Parser<string> = {
  expected: 'the key as SendGrid shows it: letters, digits and punctuation without blanks',
  read(text) {
    if (!/^[\x21-\x7e]+$/.test(text)) throw this.expected; // it becomes part of an HTTP header
    return text;
  },
};
