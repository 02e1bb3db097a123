import type { Time } from './protocol.ts';

export const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

const digits = (count: number, length: number) =>
  Array.from({ length: count }, (_, number) => String(number).padStart(length, '0'));
const MINUTES = digits(24, 2).flatMap((hour) => digits(60, 2).map((minute) => `${hour}:${minute}:`));
const SECONDS = digits(60, 2).map((second) => `${second}.`);
const MILLISECONDS = digits(SECOND_MS, 3).map((millisecond) => `${millisecond}Z`);

/** The last formatted day and its text: most times in a list are of the same few days. */
let [day, date] = [Number.NaN, ''];

/** The number of days since 1970 in UTC. @param moment milliseconds since 1970 */
export const dayOf = (moment: number): number => Math.floor(moment / DAY_MS);

/** Formats whole milliseconds since 1970 as RFC 3339 in UTC, from precomputed parts: several times faster than a `Date`. */
export function timeOf(moment: number): Time {
  const today = dayOf(moment);
  if (today !== day) {
    const text = new Date(moment).toISOString();
    [day, date] = [today, text.slice(0, text.indexOf('T') + 1)];
  }
  const ms = moment - today * DAY_MS;
  const minute = Math.floor(ms / MINUTE_MS);
  const second = Math.floor(ms / SECOND_MS) - minute * 60;
  return `${date}${MINUTES[minute]}${SECONDS[second]}${MILLISECONDS[ms % SECOND_MS]}`;
}
