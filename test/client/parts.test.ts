import { once } from 'node:events';
import { expect } from 'chai';
import { Backoff } from '../../packages/client/src/backoff.ts';
import { type KeptMessage, keptOfEvent } from '../../packages/client/src/kept-message.ts';
import { Leases } from '../../packages/client/src/leases.ts';
import { Sequence } from '../../packages/client/src/sequence.ts';
import { ServerClock } from '../../packages/client/src/server-clock.ts';
import { Timeline } from '../../packages/client/src/timeline.ts';

describe('The order of changes in the client', () => {
  const taken: string[] = [];
  let missed: EventTarget;
  let sequence: Sequence;
  const take = (seq: number, kind = 'message') => sequence.take(seq, kind, () => taken.push(`${kind} ${seq}`));
  beforeEach(() => {
    taken.length = 0;
    missed = new EventTarget();
    sequence = new Sequence(5, () => missed.dispatchEvent(new Event('missed')));
  });
  afterEach(() => sequence.stop());

  it('is that of their numbers, however they arrive, each once', () => {
    for (const seq of [8, 6, 6, 7, 7, 9, 5, 8]) take(seq);
    expect(taken).to.deep.equal(['message 6', 'message 7', 'message 8', 'message 9']);
  });

  it('takes each of the events that bear one number, and those of one that is known from elsewhere not again', () => {
    for (const kind of ['system_message', 'conversation_update', 'system_message']) take(6, kind);
    expect(taken).to.deep.equal(['system_message 6', 'conversation_update 6']);
    sequence.advance(7);
    take(7, 'conversation_update');
    expect(taken).to.have.length(2);
  });

  it('tells of a hole that stays, even if ever more arrives behind it, and goes on when it is filled', async () => {
    const told = once(missed, 'missed', { signal: AbortSignal.timeout(1_500) });
    let seq = 7;
    const arriving = setInterval(() => take(seq++), 20);
    await told.finally(() => clearInterval(arriving));
    expect(taken).to.deep.equal([]);
    sequence.advance(6);
    expect(taken).to.have.length(seq - 7);
    expect(sequence.seq).to.equal(seq - 1);
  });

  it('keeps what came early when a conversation is begun anew', () => {
    take(3_000);
    sequence.restart(2_999);
    expect(taken).to.deep.equal(['message 3000']);
  });
});

describe('The timeline of the client', () => {
  const message = (seq: number, changes: Partial<KeptMessage> = {}): KeptMessage => ({
    ...keptOfEvent(
      {
        conversation_id: 1,
        message_id: seq,
        seq,
        sender_id: 1,
        sender_username: 'a',
        content: `${seq}`,
        created_at: '',
      },
      'message',
      2,
    ),
    ...changes,
  });

  it('takes a change over an older page that arrives after it', () => {
    const timeline = new Timeline();
    const take = timeline.expectPage();
    timeline.change(1, 3, { content: 'edited' });
    timeline.keep(message(4));
    take({ messages: [message(1), message(2)], hasOlder: false });
    expect(timeline.messages.map(({ content }) => content)).to.deep.equal(['edited', '2', '4']);
  });

  it('lets no page take back what is newer, and shows no message beyond a hole', () => {
    const timeline = new Timeline();
    timeline.expectPage()({ messages: [message(10, { changed: 12, content: 'new' }), message(11)], hasOlder: true });
    timeline.keep(message(10, { content: 'old' }));
    timeline.keep(message(3, { changed: 13, content: 'edited far above' }));
    expect(timeline.messages.map(({ content }) => content)).to.deep.equal(['new', '11']);
  });

  it('takes no page that was asked for before it began anew', () => {
    const timeline = new Timeline();
    const take = timeline.expectPage();
    timeline.reset([message(5_000)]);
    take({ messages: [message(1)], hasOlder: false });
    expect(timeline.messages.map(({ seq }) => seq)).to.deep.equal([5_000]);
    expect(timeline.hasOlder).to.equal(true);
  });
});

describe('Time in the client', () => {
  it("goes by the server's spans, however wrong either clock is", () => {
    const clock = new ServerClock();
    const theirs = Date.now() + 3_600_000;
    clock.hear(theirs - 900); // this one took long to arrive
    clock.hear(theirs);
    clock.hear(theirs - 500);
    expect(clock.until(theirs + 6_000)).to.be.within(5_900, 6_000);
  });

  it('lets a lease run out unless it is renewed', async () => {
    const ended = new EventTarget();
    const at: [string, number][] = [];
    const leases = new Leases<string, number>((key) => {
      at.push([key, performance.now()]);
      ended.dispatchEvent(new Event(key));
    });
    const begun = performance.now();
    leases.hold('short', 1, 30);
    leases.hold('renewed', 2, 30);
    leases.hold('renewed', 2, 120);
    await once(ended, 'renewed');
    expect(at.map(([key]) => key)).to.deep.equal(['short', 'renewed']);
    expect(at[0]?.[1]).to.be.above(begun + 29);
    expect(at[1]?.[1]).to.be.above(begun + 119);
    expect(leases.values()).to.deep.equal([]);
  });

  it('waits longer each time, at least as long as the server asks for, and not all alike', () => {
    const [least, most] = [new Backoff(() => 0), new Backoff(() => 1)];
    const waits = (backoff: Backoff) => Array.from({ length: 8 }, () => backoff.next());
    expect(waits(most)).to.deep.equal([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    expect(waits(least)).to.deep.equal([100, 200, 400, 800, 1_600, 3_000, 3_000, 3_000]);
    least.reset();
    expect(least.next(5)).to.equal(5_100);
  });
});
