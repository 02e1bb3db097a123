import { expect } from 'chai';
import fc from 'fast-check';
import { covers, difference, gapsOf, type Interval, intersection, union } from '../../src/messages/intervals.ts';

const MOST = 40;
const RUNS = 2_000;
const interval = fc.tuple(fc.nat(MOST), fc.nat(MOST)).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const intervals = fc.array(interval, { maxLength: 12 });

/** What intervals mean: the set of the integers in them. */
const integersOf = (some: readonly Interval[]) =>
  new Set(some.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index)));

/** A union is the shortest way to write its set: in order, and with a gap between neighbours. */
function expectNormal(some: readonly Interval[]): void {
  for (const { from, to } of some) expect(from).to.be.at.most(to);
  for (const [index, { from }] of some.slice(1).entries()) expect(from).to.be.above((some[index]?.to ?? 0) + 1);
}

const always = (property: fc.IProperty<[Interval[], Interval[]]>) => fc.assert(property, { numRuns: RUNS });

describe('Intervals', () => {
  it('are joined to the shortest list of the same integers', () => {
    always(
      fc.property(intervals, intervals, (some, others) => {
        const joined = union([...some, ...others]);
        expect(integersOf(joined)).to.deep.equal(integersOf(some).union(integersOf(others)));
        expectNormal(joined);
      }),
    );
  });

  it('are joined without a change to the given ones', () => {
    always(
      fc.property(intervals, intervals, (some, others) => {
        const [before, given] = [structuredClone([...some, ...others]), [...some, ...others]];
        union(given);
        expect(given).to.deep.equal(before);
      }),
    );
  });

  it('have as gaps exactly what lies between the first and the last and is in none', () => {
    always(
      fc.property(intervals, intervals, (some, others) => {
        const joined = union([...some, ...others]);
        const [first, last] = [joined[0], joined.at(-1)];
        const span = first && last ? integersOf([{ from: first.from, to: last.to }]) : new Set<number>();
        expect(integersOf(gapsOf(joined))).to.deep.equal(span.difference(integersOf(joined)));
        expectNormal(gapsOf(joined));
      }),
    );
  });

  it('have in common exactly the integers of both', () => {
    always(
      fc.property(intervals, intervals, (some, others) => {
        const common = intersection(union(some), union(others));
        expect(integersOf(common)).to.deep.equal(integersOf(some).intersection(integersOf(others)));
        expectNormal(common);
      }),
    );
  });

  it('without others are exactly the integers that are not in those', () => {
    always(
      fc.property(intervals, intervals, (some, others) => {
        const left = difference(union(some), union(others));
        expect(integersOf(left)).to.deep.equal(integersOf(some).difference(integersOf(others)));
        expectNormal(left);
      }),
    );
  });

  it('cover exactly the integers in them', () => {
    fc.assert(
      fc.property(intervals, fc.nat(MOST), (some, seq) => {
        expect(covers(union(some), seq)).to.equal(integersOf(some).has(seq));
      }),
      { numRuns: RUNS },
    );
  });
});
