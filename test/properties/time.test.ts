import { expect } from 'chai';
import fc from 'fast-check';
import { timeOf } from '../../src/time.ts';

/** The furthest moment from 1970 that there is. */
const FURTHEST_MS = 8_640_000_000_000_000;
const moment = fc.oneof(
  fc.integer({ min: -FURTHEST_MS, max: FURTHEST_MS }),
  fc.integer({ min: Date.UTC(2020), max: Date.UTC(2040) }),
  // around midnight, so that the day changes from one moment to the next
  fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -2, max: 2 })).map(([day, ms]) => day * 86_400_000 + ms),
);

describe('A moment', () => {
  it('is written as the runtime writes it, whatever was written before', () => {
    fc.assert(
      fc.property(fc.array(moment), (moments) => {
        for (const each of moments) expect(timeOf(each)).to.equal(new Date(each).toISOString());
      }),
      { numRuns: 2_000 },
    );
  });

  it('that is none cannot be written', () => {
    for (const none of [Number.NaN, Number.POSITIVE_INFINITY, FURTHEST_MS + 1])
      expect(() => timeOf(none)).to.throw(RangeError);
  });
});
