import { expect } from 'chai';
import { Freshness } from '../../src/broker/redis/freshness.ts';
import { Leases } from '../../src/broker/redis/leases.ts';

const TICK_MS = 150;
const LEASE_MS = 8_000;

/** When the lease of a node ends whose last message arrived at 0, given when this node is able to receive. */
function endOfLease(receives: (now: number) => boolean, untilMs: number, ticksAt = (tick: number) => tick * TICK_MS) {
  const leases = new Leases(-60_000, LEASE_MS);
  for (let now = -60_000; now < 0; now += TICK_MS) leases.expired(now, TICK_MS, true);
  leases.renew('other', 0);
  for (let tick = 1; ticksAt(tick) <= untilMs; tick += 1) {
    const now = ticksAt(tick);
    if (leases.expired(now, TICK_MS, receives(now)).includes('other')) return now;
  }
  return undefined;
}

describe('The lease of a node that is silent', () => {
  it('ends after 8 s', () => {
    expect(endOfLease(() => true, 20_000)).to.be.within(8_000, 8_000 + TICK_MS);
  });

  it('ends within 14 s, however often this node cannot receive meanwhile', () => {
    for (let offset = 0; offset < 6_000; offset += 250) {
      const frozen = (now: number) => (now + offset) % 6_000 < 4_500;
      expect(
        endOfLease((now) => !frozen(now), 60_000),
        `${offset}`,
      ).to.be.within(8_000, 14_000);
    }
    const killed = (now: number) => now % 1_000 < 150;
    expect(endOfLease((now) => !killed(now), 60_000)).to.be.within(8_000, 9_000);
  });

  it('does not end while this node receives nothing, nor for a while after that', () => {
    expect(endOfLease(() => false, 600_000)).to.equal(undefined);
    expect(endOfLease((now) => now > 60_000, 120_000)).to.be.within(62_400, 62_400 + 2 * TICK_MS);
  });

  it('does not end because this process did not run', () => {
    const paused = (tick: number) => (tick < 10 ? tick * TICK_MS : tick * TICK_MS + 30_000);
    expect(endOfLease(() => true, 60_000, paused)).to.be.above(30_000 + 1_500 - TICK_MS);
  });

  it('is renewed by every message from it', () => {
    const leases = new Leases(0, LEASE_MS);
    leases.renew('other', 0);
    for (let now = TICK_MS; now < 60_000; now += TICK_MS) {
      expect(leases.expired(now, TICK_MS, true)).to.deep.equal([]);
      if (now % 6_000 === 0) expect(leases.renew('other', now)).to.equal(false);
    }
  });
});

describe('What is received from other nodes', () => {
  it('is as old as the newest tick of this node that they had received when they sent it', () => {
    const freshness = new Freshness();
    expect(freshness.upTo, 'without others').to.equal(Number.POSITIVE_INFINITY);
    for (let tick = 1; tick <= 20; tick += 1) freshness.tickSent(10 * tick, 150 * tick);
    freshness.add('one');
    expect(freshness.upTo, 'nothing is known').to.equal(Number.NEGATIVE_INFINITY);
    freshness.tickReceived('one', 104); // a message between two ticks
    expect(freshness.upTo).to.equal(1_500);
    freshness.add('other');
    freshness.tickReceived('other', 200);
    expect(freshness.upTo, 'by the one that is latest').to.equal(1_500);
    freshness.tickReceived('one', 90);
    expect(freshness.upTo, 'an older tick changes nothing').to.equal(1_500);
    freshness.forget('one');
    expect(freshness.upTo).to.equal(3_000);
  });

  it('proves nothing if the message that it names is too old, or not from this node', () => {
    const freshness = new Freshness();
    freshness.add('one');
    for (let tick = 1; tick <= 200; tick += 1) freshness.tickSent(tick, 150 * tick);
    freshness.tickReceived('one', 0);
    freshness.tickReceived('one', 100);
    expect(freshness.upTo).to.equal(Number.NEGATIVE_INFINITY);
    freshness.tickReceived('one', 200);
    expect(freshness.upTo).to.equal(30_000);
  });
});
