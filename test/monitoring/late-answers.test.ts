import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { ChatError } from '../../src/operation/errors.ts';
import { InFlightRequests } from '../../src/operation/in-flight.ts';

const WITHIN_MS = 100;
/** It is answered in the last twentieth of its time limit. */
const EARLIEST_MS = WITHIN_MS * 0.95 - 1;
const never = new Promise<never>(() => undefined);

/**
 * How long the refusal took, and its error code. It has to come before a timer of twice the time that is set together
 * with it: on any machine, timers of one process fire in the order of their times.
 */
async function refusalOf(start: () => Promise<unknown>): Promise<{ ms: number; code: string }> {
  const began = performance.now();
  const work = start();
  const tooLate = Symbol('too late');
  const error = await Promise.race([
    work.then(
      () => undefined,
      (thrown) => thrown,
    ),
    // from the next tick on: within one tick, timers count from its start
    pause(0).then(() => pause(WITHIN_MS * 2, tooLate)),
  ]);
  if (error === tooLate) throw new Error('it was refused too late');
  if (!(error instanceof ChatError)) throw new Error('it was not refused');
  return { ms: performance.now() - began, code: error.code };
}

describe('A request that does not end in time', () => {
  it('is refused after the time limit, counted from its own start', async () => {
    const work = new InFlightRequests(WITHIN_MS);
    const refusals = [];
    for (let count = 0; count < 4; count += 1) {
      refusals.push(refusalOf(() => work.track(never)));
      await pause(WITHIN_MS / 4);
    }
    for (const { ms, code } of await Promise.all(refusals)) {
      expect(code).to.equal('database_unavailable');
      expect(ms).to.be.at.least(EARLIEST_MS);
    }
  });

  it('is refused too after others have ended in time and none was in flight for a while', async () => {
    const work = new InFlightRequests(WITHIN_MS);
    expect(await Promise.all([1, 2, 3].map((each) => work.track(Promise.resolve(each))))).to.deep.equal([1, 2, 3]);
    await pause(WITHIN_MS * 1.5);
    const { ms } = await refusalOf(() => work.track(never));
    expect(ms).to.be.at.least(EARLIEST_MS);
  });

  it('gets its own result if that comes in time', async () => {
    const work = new InFlightRequests(WITHIN_MS);
    const refused = new ChatError('busy');
    expect(await work.track(pause(WITHIN_MS / 2, 'done'))).to.equal('done');
    expect(await work.track(Promise.reject(refused)).catch((error) => error)).to.equal(refused);
  });

  it('is reported once', async () => {
    let late = 0;
    const work = new InFlightRequests(WITHIN_MS, () => {
      late += 1;
    });
    await Promise.all([
      refusalOf(() => work.track(never)),
      refusalOf(() => work.track(never)),
      work.track(Promise.resolve()),
    ]);
    expect(late).to.equal(2);
  });

  it('is waited for when the server stops, late or not', async () => {
    const work = new InFlightRequests(WITHIN_MS);
    const ended: string[] = [];
    const [late, inTime] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const track = (name: string, { promise }: PromiseWithResolvers<void>) =>
      work.track(promise.then(() => ended.push(name)));
    await refusalOf(() => track('late', late));
    void track('in time', inTime).catch(() => undefined);
    const finished = work.finish().then(() => ended.push('finished'));
    expect(work.draining).to.equal(true);
    inTime.resolve();
    await pause(0);
    expect(ended).to.deep.equal(['in time']);
    late.resolve();
    await finished;
    expect(ended).to.deep.equal(['in time', 'late', 'finished']);
  });

  it('is counted until it ends, in whatever way', async () => {
    const work = new InFlightRequests(WITHIN_MS);
    const { promise, resolve } = Promise.withResolvers<void>();
    await refusalOf(() => work.track(promise));
    await work.track(Promise.resolve());
    expect(work.count).to.equal(1);
    resolve();
    await pause(0);
    expect(work.count).to.equal(0);
  });

  it('is refused once, and no other is, in whatever order the others end', async () => {
    const refused: number[] = [];
    const work = new InFlightRequests(WITHIN_MS);
    const all = Array.from({ length: 201 }, () => Promise.withResolvers<void>());
    const track = (index: number) => work.track(all[index]?.promise ?? never).catch(() => void refused.push(index));
    for (let index = 0; index < 200; index += 1) void track(index);
    const inTime = all.slice(0, 200).filter((_, index) => index % 3 !== 0 || index > 190);
    for (const { resolve } of inTime.toReversed()) resolve();
    const late = all.slice(0, 200).flatMap((each, index) => (inTime.includes(each) ? [] : [index]));
    await pause(WITHIN_MS / 2);
    await track(200); // begins later, so it is refused later
    expect(refused).to.deep.equal([...late, 200]);
    for (const { resolve } of all) resolve(); // too late
    await pause(WITHIN_MS * 1.5);
    expect(refused).to.deep.equal([...late, 200]);
    expect(work.count).to.equal(0);
  });
});
