import { StartError } from '../../database/start-error.ts';

/** Reads values as the drivers of both databases return them, whatever type the column has. */

/** 1 January of the year 10000. */
const AFTER_ALL_MS = 253_402_300_800_000;
const MS_PER_SECOND = 1_000;
const MINUTE_MS = 60_000;
const TRUE = new Set(['1', 't', 'true', 'y', 'yes', 'on']);
const TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?(?:\s*(?:Z|UTC|([+-])(\d\d):?(\d\d)?))?(?:\s(?!BC)[A-Z]{1,5}|\s[+-]\d{2,4})?(?:\sm=[+-]\d+\.\d+)?)?$/;
/** Go's zero time, which means that there is none. */
const ZERO_TIME = /^0001-01-01/;
/** Whole numbers of this size or more are milliseconds, microseconds and nanoseconds instead of seconds. */
const UNITS = [
  [1e17, 1e-6],
  [1e14, 1e-3],
  [1e11, 1],
  [0, MS_PER_SECOND],
] as const;

const isAbsent = (value: unknown) => value === null || value === undefined;

export function textOf(value: unknown): string | null {
  if (isAbsent(value)) return null;
  return Buffer.isBuffer(value) ? value.toString('utf8') : String(value);
}

export function flagOf(value: unknown): boolean {
  return value === true || (!isAbsent(value) && TRUE.has(String(textOf(value)).trim().toLowerCase()));
}

/**
 * An id that another row refers to; null if it refers to none.
 * @param where the column, for the error
 * @throws StartError if it is no positive whole number below 2^53
 */
export function referenceOf(value: unknown, where: string): number | null {
  if (isAbsent(value)) return null;
  const id = typeof value === 'number' ? value : Number(textOf(value));
  if (Number.isSafeInteger(id) && id > 0) return id;
  throw new StartError(`${where} has to be a whole number from 1 to 2^53 - 1 in each row. Nothing was changed.`);
}

/** The id of a row. @throws StartError as above, or if it is null */
export function idOf(value: unknown, where: string): number {
  const id = referenceOf(value, where);
  if (id === null) throw new StartError(`${where} is null in a row, so it cannot be kept. Nothing was changed.`);
  return id;
}

/**
 * A time in milliseconds since 1970 with its fraction, which decides the order; null if there is none.
 * `invalid` is a text that is no time, or one before 1970 or after 9999. A time without a zone is in UTC.
 */
export function momentOf(value: unknown): number | null | 'invalid' {
  const text = value instanceof Date ? value.toISOString() : textOf(value)?.trim();
  if (text === undefined || text === null || text === '' || ZERO_TIME.test(text)) return null;
  const ms = /^\d+(\.\d+)?$/.test(text) ? numericMoment(Number(text)) : writtenMoment(text);
  return ms >= 0 && ms < AFTER_ALL_MS ? ms : 'invalid';
}

const numericMoment = (number: number) => number * (UNITS.find(([least]) => number >= least)?.[1] ?? Number.NaN);

function writtenMoment(text: string): number {
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = 0, sign, hours = 0, minutes = 0] =
    TIME.exec(text) ?? [];
  const parts = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [y, m, d, ...clock] = parts;
  const ms = Date.UTC(y, m - 1, d, ...clock);
  // a 30th of February would become the 1st or 2nd of March
  const made = new Date(ms);
  if (made.getUTCDate() !== d || made.getUTCMonth() !== m - 1) return Number.NaN;
  const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
  return ms + Number(fraction) * MS_PER_SECOND - offset;
}
