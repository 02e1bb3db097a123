const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long' });
const shortDate = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const longDate = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const withYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });

export const clockOf = (time: string): string => clock.format(new Date(time));
export const fullTimeOf = (time: string): string => full.format(new Date(time));
export const minutesBetween = (earlier: string, later: string): number =>
  (Date.parse(later) - Date.parse(earlier)) / MINUTE_MS;

/** The day of a time in the user's time zone, as a comparable text. */
export const dayOf = (time: string): string => new Date(time).toDateString();

/** The name of a day: Today, Yesterday, Friday 3 May, 3 May 2024. */
export function dayNameOf(time: string, now = new Date()): string {
  const days = daysAgo(time, now);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  const date = new Date(time);
  return (date.getFullYear() === now.getFullYear() ? longDate : withYear).format(date);
}

/** A short form of a time: the time today, the weekday this week, else the date. */
export function briefTimeOf(time: string, now = new Date()): string {
  const days = daysAgo(time, now);
  if (days === 0) return clockOf(time);
  if (days === 1) return 'Yesterday';
  return (days < 7 ? weekday : shortDate).format(new Date(time));
}

/** A relative time within a sentence: "just now", "12 minutes ago", "yesterday at 9:30". */
export function timeAgoOf(time: string, now = new Date()): string {
  const minutes = Math.floor((now.getTime() - Date.parse(time)) / MINUTE_MS);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return minutes === 1 ? 'a minute ago' : `${minutes} minutes ago`;
  const days = daysAgo(time, now);
  if (days === 0) return `today at ${clockOf(time)}`;
  if (days === 1) return `yesterday at ${clockOf(time)}`;
  return `on ${shortDate.format(new Date(time))}`;
}

function daysAgo(time: string, now: Date): number {
  const midnight = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return (midnight(now) - midnight(new Date(time))) / DAY_MS;
}
