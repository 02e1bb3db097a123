import { expect } from 'chai';
import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { Tallies } from '../../src/operating/tallies.ts';
import { Timings } from '../../src/operating/timings.ts';

const BOUNDS = [0.001, 0.01, 0.5, 1];
const about = { name: 'seconds', help: 'How long it took.' };
const observation = fc.record({
  label: fc.constantFrom('a', 'b'),
  value: fc.oneof(fc.constantFrom(0, ...BOUNDS, 1e9), fc.double({ min: 0, max: 2, noNaN: true })),
});
/** Lines of the text format in no order, with their labels in none. */
const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(',').sort()}}`))
    .sort();

describe('Counting on the hot path', () => {
  it('tells of times what the histogram of prom-client tells, also for several workers', async () => {
    const property = fc.asyncProperty(fc.array(observation), async (observations) => {
      const [theirs, ours] = [new Registry(), new Registry()];
      for (const each of [theirs, ours]) each.setDefaultLabels({ worker: '1' });
      const histogram = new Histogram({ ...about, labelNames: ['operation'], buckets: BOUNDS, registers: [theirs] });
      const timings = new Timings({ ...about, label: 'operation', bounds: BOUNDS }, ours);
      const parts = { a: timings.of('a'), b: timings.of('b') };
      for (const { label, value } of observations) {
        histogram.labels(label).observe(value);
        parts[label as 'a' | 'b'].observe(value);
      }
      expect(linesOf(await ours.metrics())).to.deep.equal(linesOf(await theirs.metrics()));
      const [[told], [expected]] = [await ours.getMetricsAsJSON(), await theirs.getMetricsAsJSON()];
      expect(told?.values).to.have.deep.members(expected?.values.map(withoutEmpty) ?? []);
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it('tells of counts what was counted, however often it is asked', async () => {
    const registry = new Registry();
    const tally = new Tallies({ name: 'things', help: 'Things.', labelNames: ['kind', 'size'] }, registry).of('a', 'b');
    for (let total = 1; total < 4; total += 1) {
      tally.count += 1;
      for (let scrape = 0; scrape < 2; scrape += 1)
        expect(await registry.metrics()).to.include(`things{kind="a",size="b"} ${total}\n`);
    }
  });
});

/** prom-client mentions exemplars that there are none of. */
function withoutEmpty(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined && each !== null));
}
