import { once } from 'node:events';
import { expect } from 'chai';
import { Backoff } from '../../packages/client/src/backoff.ts';
import { ExpiringMap } from '../../packages/client/src/expiring-map.ts';
import { Sequence } from '../../packages/client/src/sequence.ts';
import { ServerClock } from '../../packages/client/src/server-clock.ts';
import { type StoredMessage, storedFromEvent } from '../../packages/client/src/stored-message.ts';
import { Timeline } from '../../packages/client/src/timeline.ts';

describe('The order of changes in the client', () => {
  const applied: string[] = [];
  let gap: EventTarget;
  let sequence: Sequence;
  const receive = (seq: number, kind = 'message') => sequence.receive(seq, kind, () => applied.push(`${kind} ${seq}`));
  beforeEach(() => {
    applied.length = 0;
    gap = new EventTarget();
    sequence = new Sequence(5, () => gap.dispatchEvent(new Event('gap')));
  });
  afterEach(() => sequence.stop());

  it('is that of their seq, in whatever order they arrive, each once', () => {
    for (const seq of [8, 6, 6, 7, 7, 9, 5, 8]) receive(seq);
    expect(applied).to.deep.equal(['message 6', 'message 7', 'message 8', 'message 9']);
  });

  it('applies all events of a seq, and none of a seq that is known by other means', () => {
    for (const kind of ['system_message', 'conversation_update', 'system_message']) receive(6, kind);
    expect(applied).to.deep.equal(['system_message 6', 'conversation_update 6']);
    sequence.advance(7);
    receive(7, 'conversation_update');
    expect(applied).to.have.length(2);
  });

  it('reports a gap that stays, even while later events arrive, and continues once it is filled', async () => {
    const reported = once(gap, 'gap', { signal: AbortSignal.timeout(1_500) });
    let seq = 7;
    const timer = setInterval(() => receive(seq++), 20);
    await reported.finally(() => clearInterval(timer));
    expect(applied).to.deep.equal([]);
    sequence.advance(6);
    expect(applied).to.have.length(seq - 7);
    expect(sequence.seq).to.equal(seq - 1);
  });

  it('keeps early events when a conversation starts over', () => {
    receive(3_000);
    sequence.restart(2_999);
    expect(applied).to.deep.equal(['message 3000']);
  });
});

describe('The timeline of the client', () => {
  const message = (seq: number, changes: Partial<StoredMessage> = {}): StoredMessage => ({
    ...storedFromEvent(
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

  it('applies a change to an older page that arrives after it', () => {
    const timeline = new Timeline();
    const applyPage = timeline.expectPage();
    timeline.update(1, 3, { content: 'edited' });
    timeline.upsert(message(4));
    applyPage({ messages: [message(1), message(2)], hasOlder: false });
    expect(timeline.messages.map(({ content }) => content)).to.deep.equal(['edited', '2', '4']);
  });

  it('keeps newer versions of messages, and shows no message before a gap', () => {
    const timeline = new Timeline();
    timeline.expectPage()({ messages: [message(10, { changed: 12, content: 'new' }), message(11)], hasOlder: true });
    timeline.upsert(message(10, { content: 'old' }));
    timeline.upsert(message(3, { changed: 13, content: 'edited far above' }));
    expect(timeline.messages.map(({ content }) => content)).to.deep.equal(['new', '11']);
  });

  it('ignores a page that was requested before a reset', () => {
    const timeline = new Timeline();
    const applyPage = timeline.expectPage();
    timeline.reset([message(5_000)]);
    applyPage({ messages: [message(1)], hasOlder: false });
    expect(timeline.messages.map(({ seq }) => seq)).to.deep.equal([5_000]);
    expect(timeline.hasOlder).to.equal(true);
  });
});

describe('Time in the client', () => {
  it("follows the server's durations, however wrong either clock is", () => {
    const clock = new ServerClock();
    const serverTime = Date.now() + 3_600_000;
    clock.observe(serverTime - 900); // this one was delayed
    clock.observe(serverTime);
    clock.observe(serverTime - 500);
    expect(clock.until(serverTime + 6_000)).to.be.within(5_900, 6_000);
  });

  it('expires an entry unless it is set again', async () => {
    const expired = new EventTarget();
    const expirations: [string, number][] = [];
    const map = new ExpiringMap<string, number>((key) => {
      expirations.push([key, performance.now()]);
      expired.dispatchEvent(new Event(key));
    });
    const startedAt = performance.now();
    map.set('short', 1, 30);
    map.set('renewed', 2, 30);
    map.set('renewed', 2, 120);
    await once(expired, 'renewed');
    expect(expirations.map(([key]) => key)).to.deep.equal(['short', 'renewed']);
    expect(expirations[0]?.[1]).to.be.above(startedAt + 29);
    expect(expirations[1]?.[1]).to.be.above(startedAt + 119);
    expect(map.values()).to.deep.equal([]);
  });

  it('backs off longer each time, with jitter, and at least as long as the server asks for', () => {
    const [min, max] = [new Backoff(() => 0), new Backoff(() => 1)];
    const delays = (backoff: Backoff) => Array.from({ length: 8 }, () => backoff.next());
    expect(delays(max)).to.deep.equal([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    expect(delays(min)).to.deep.equal([100, 200, 400, 800, 1_600, 3_000, 3_000, 3_000]);
    min.reset();
    expect(min.next(5)).to.equal(5_100);
  });
});
