import type { Time } from './protocol.ts';

/** RFC 3339 in UTC from milliseconds since 1970. */
export const timeOf = (moment: number): Time => new Date(moment).toISOString();
