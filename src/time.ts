import type { Time } from './protocol.ts';

const last = { moment: 0, text: new Date(0).toISOString() };

/** RFC 3339 in UTC from milliseconds since 1970. All changes of a batch bear the same moment, so the last one is kept. */
export function timeOf(moment: number): Time {
  if (moment !== last.moment) {
    last.text = new Date(moment).toISOString();
    last.moment = moment;
  }
  return last.text;
}
