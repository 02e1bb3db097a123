import { expect } from 'chai';
import fc from 'fast-check';
import { timeOf } from '../../src/time.ts';

/** The largest distance of a date from 1970. */
const FURTHEST_MS = 8_640_000_000_000_000;
const moment = fc.oneof(
  fc.integer({ min: -FURTHEST_MS, max: FURTHEST_MS }),
  fc.integer({ min: Date.UTC(2020), max: Date.UTC(2040) }),
  // around midnight, so that the day changes between two times
  fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -2, max: 2 })).map(([day, ms]) => day * 86_400_000 + ms),
);

describe('A time', () => {
  it('is formatted as `Date` does it, in any sequence of times', () => {
    fc.assert(
      fc.property(fc.array(moment), (moments) => {
        for (const each of moments) expect(timeOf(each)).to.equal(new Date(each).toISOString());
      }),
      { numRuns: 2_000 },
    );
  });

  it('that is invalid is refused', () => {
    for (const none of [Number.NaN, Number.POSITIVE_INFINITY, FURTHEST_MS + 1])
      expect(() => timeOf(none)).to.throw(RangeError);
  });
});
