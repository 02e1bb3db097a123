import { expect } from 'chai';
import fc from 'fast-check';
import { covers, difference, gapsOf, intersection, type SeqRange, union } from '../../src/messages/seq-ranges.ts';
import { IS_SOAK } from '../support/soak.ts';

const MOST = 40;
const RUNS = IS_SOAK ? 2_000 : 500;
const interval = fc.tuple(fc.nat(MOST), fc.nat(MOST)).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const intervals = fc.array(interval, { maxLength: 12 });

/** The meaning of ranges: the set of the integers in them. */
const integersOf = (some: readonly SeqRange[]) =>
  new Set(some.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index)));

/** A union is the shortest notation of its set: sorted, with a gap between neighbours. */
function expectNormal(some: readonly SeqRange[]): void {
  for (const { from, to } of some) expect(from).to.be.at.most(to);
  for (const [index, { from }] of some.slice(1).entries()) expect(from).to.be.above((some[index]?.to ?? 0) + 1);
}

const always = (property: fc.IProperty<[SeqRange[], SeqRange[]]>) => fc.assert(property, { numRuns: RUNS });

describe('Ranges of numbers', () => {
  it('are joined to the shortest list of the same integers', () => {
    always(
      fc.property(intervals, intervals, (some, others) => {
        const joined = union([...some, ...others]);
        expect(integersOf(joined)).to.deep.equal(integersOf(some).union(integersOf(others)));
        expectNormal(joined);
      }),
    );
  });

  it('are joined without changing their input', () => {
    always(
      fc.property(intervals, intervals, (some, others) => {
        const [before, given] = [structuredClone([...some, ...others]), [...some, ...others]];
        union(given);
        expect(given).to.deep.equal(before);
      }),
    );
  });

  it('have as gaps exactly the integers between the first and the last that are in none', () => {
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

  it('have exactly the integers of both as their intersection', () => {
    always(
      fc.property(intervals, intervals, (some, others) => {
        const common = intersection(union(some), union(others));
        expect(integersOf(common)).to.deep.equal(integersOf(some).intersection(integersOf(others)));
        expectNormal(common);
      }),
    );
  });

  it('have exactly the integers that are only in the first as their difference', () => {
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
