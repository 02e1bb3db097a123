import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { BackPressure } from '../../src/transports/back-pressure.ts';
import { startApp } from '../support/app.ts';

const LOOKED_MS = 50;

describe('A client that calls faster than changes are committed', () => {
  const socket = () => {
    const calls: string[] = [];
    return { calls, pause: () => void calls.push('pause'), resume: () => void calls.push('resume') };
  };

  it('is paused until few changes wait, and then resumed', async () => {
    const changes = { queued: 0 };
    const pressure = new BackPressure(changes);
    const [one, other] = [socket(), socket()];
    pressure.afterCall(one);
    pressure.afterCall(undefined);
    expect(one.calls).to.deep.equal([]);
    changes.queued = 5_000;
    for (const each of [one, other, one]) pressure.afterCall(each);
    await delay(LOOKED_MS);
    expect([one.calls, other.calls], 'still too much').to.deep.equal([['pause'], ['pause']]);
    changes.queued = 100;
    await delay(LOOKED_MS);
    expect([one.calls, other.calls]).to.deep.equal([
      ['pause', 'resume'],
      ['pause', 'resume'],
    ]);
    changes.queued = 5_000;
    pressure.afterCall(one);
    expect(one.calls.at(-1), 'and again').to.equal('pause');
    changes.queued = 0;
    await delay(LOOKED_MS);
    expect(one.calls.at(-1)).to.equal('resume');
  });

  for (const wire of ['raw', 'socketio'] as const) {
    it(`gets all answers in the end, over ${wire}`, async function () {
      this.timeout(120_000);
      const app = await startApp();
      const [ann, ben] = await app.people('ann', 'ben');
      const { conversation_id } = await ann.rest.ask('open_private_conversation', { other_user_id: ben.id });
      const client = await ann[wire]();
      const all = Array.from({ length: 5_000 }, (_, n) => client.ask('message', { conversation_id, content: `${n}` }));
      const answers = await Promise.all(all);
      expect(answers.filter(({ ok }) => !ok)).to.deep.equal([]);
      const seqs = answers.map(({ seq }) => Number(seq));
      expect(seqs).to.deep.equal(seqs.map((_, index) => (seqs[0] as number) + index));
      await app.stop();
    });
  }
});
