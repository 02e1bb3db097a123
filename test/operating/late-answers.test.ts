import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { Deadlines } from '../../src/deadlines.ts';
import { ChatError } from '../../src/errors.ts';
import { Work } from '../../src/work.ts';

const WITHIN_MS = 100;
const never = new Promise<never>(() => undefined);

/** How long it took to be refused, and with what. */
async function refusalOf(work: Promise<unknown>): Promise<{ ms: number; code: string }> {
  const began = performance.now();
  const error = await work.then(
    () => undefined,
    (thrown) => thrown,
  );
  if (!(error instanceof ChatError)) throw new Error('it was not refused');
  return { ms: performance.now() - began, code: error.code };
}

describe('Work that does not end in time', () => {
  it('is refused after the time that is given to each, whenever it began', async () => {
    const work = new Work(WITHIN_MS);
    const refusals = [];
    for (let count = 0; count < 4; count += 1) {
      refusals.push(refusalOf(work.track(never)));
      await pause(WITHIN_MS / 4);
    }
    for (const { ms, code } of await Promise.all(refusals)) {
      expect(code).to.equal('database_unavailable');
      expect(ms).to.be.within(WITHIN_MS - 1, WITHIN_MS * 2);
    }
  });

  it('is refused too when much has ended in time before and nothing was under way for a while', async () => {
    const work = new Work(WITHIN_MS);
    expect(await Promise.all([1, 2, 3].map((each) => work.track(Promise.resolve(each))))).to.deep.equal([1, 2, 3]);
    await pause(WITHIN_MS * 1.5);
    const { ms } = await refusalOf(work.track(never));
    expect(ms).to.be.within(WITHIN_MS - 1, WITHIN_MS * 2);
  });

  it('is answered by what came of it if that came in time', async () => {
    const work = new Work(WITHIN_MS);
    const refused = new ChatError('busy');
    expect(await work.track(pause(WITHIN_MS / 2, 'done'))).to.equal('done');
    expect(await work.track(Promise.reject(refused)).catch((error) => error)).to.equal(refused);
  });

  it('is waited for when the server stops, late or not', async () => {
    const work = new Work(WITHIN_MS);
    const ended: string[] = [];
    const track = (name: string, ms: number) => work.track(pause(ms).then(() => ended.push(name)));
    const late = refusalOf(track('late', WITHIN_MS * 3));
    await pause(WITHIN_MS * 1.5);
    await late;
    void track('in time', WITHIN_MS / 2);
    const began = performance.now();
    await work.finish();
    expect(performance.now() - began).to.be.below(WITHIN_MS * 5);
    expect(work.draining).to.equal(true);
    expect(ended).to.deep.equal(['in time', 'late']);
  });

  it('keeps nothing of what has ended, however it did', async () => {
    const work = new Work(WITHIN_MS);
    await refusalOf(work.track(pause(WITHIN_MS * 1.5)));
    await work.track(Promise.resolve());
    expect(work.underWay).to.equal(1);
    await pause(WITHIN_MS);
    expect(work.underWay).to.equal(0);
  });
});

describe('Deadlines', () => {
  it('are missed by all that do not end in time, once each, and by nothing else, in whatever order they end', async () => {
    const deadlines = new Deadlines(WITHIN_MS);
    const missed: number[] = [];
    const all = Array.from({ length: 200 }, (_, index) => deadlines.begin(() => missed.push(index)));
    const ended = all.filter((_, index) => index % 3 !== 0 || index > 190).reverse();
    for (const deadline of ended) deadline.end();
    for (const deadline of ended) deadline.end(); // changes nothing
    await pause(WITHIN_MS / 2);
    deadlines.begin(() => missed.push(200));
    await pause(WITHIN_MS * 0.75);
    const late = all.flatMap((deadline, index) => (ended.includes(deadline) ? [] : [index]));
    expect(missed).to.deep.equal(late);
    for (const deadline of all) deadline.end(); // too late, and out of the line already
    await pause(WITHIN_MS / 2);
    expect(missed).to.deep.equal([...late, 200]);
  });
});
