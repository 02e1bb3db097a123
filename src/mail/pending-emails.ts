import { LRUCache } from 'lru-cache';
import type { Failure } from './failures.ts';
import type { Email } from './transports.ts';

/** A queued e-mail, waiting or being sent. */
export type PendingEmail = {
  readonly email: Email;
  /** False for an e-mail that is composed and dropped. */
  readonly delivered: boolean;
  /** When it expires, on the clock of `performance.now()`. */
  readonly until: number;
  attempts: number;
  /** Why the last attempt failed. */
  failure?: Failure;
  /** This e-mail, or another one to the same domain, was refused or timed out. */
  isSlow: boolean;
};
type State = 'delayed' | 'ready' | 'sending' | 'blocked';
type Entry = PendingEmail & { state: State; timer?: NodeJS.Timeout; expiry?: NodeJS.Timeout };
type Events = {
  /** `take` may return an e-mail. */
  ready(): void;
  expired(pending: PendingEmail): void;
  removed(): void;
};

const MAX_SLOW_DOMAINS = 1_000;
const SLOW_FOR_MS = 600_000;

/** The e-mails of the queue: decides which is sent next, delays retries and expires e-mails. */
export class PendingEmails {
  readonly #events: Events;
  readonly #all = new Set<Entry>();
  readonly #ready = new Set<Entry>();
  readonly #slow = new Set<Entry>();
  /** The newest e-mail of each key. */
  readonly #newest = new Map<string, Entry>();
  /** The e-mail of each key that is being sent; a newer one waits for it, so that it does not arrive first. */
  readonly #sending = new Map<string, Entry>();
  readonly #slowDomains = new LRUCache<string, true>({ max: MAX_SLOW_DOMAINS, ttl: SLOW_FOR_MS });

  constructor(events: Events) {
    this.#events = events;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Adds an e-mail. It replaces an older one of the same key that is not being sent. */
  add({ email, delivered, until }: Pick<PendingEmail, 'email' | 'delivered' | 'until'>, delayMs: number): void {
    const entry: Entry = { email, delivered, until, attempts: 0, isSlow: false, state: 'delayed' };
    const { replaces: key } = email;
    const older = key === undefined ? undefined : this.#newest.get(key);
    if (older !== undefined && older.state !== 'sending') this.remove(older);
    if (key !== undefined) this.#newest.set(key, entry);
    this.#all.add(entry);
    entry.expiry = setTimeout(() => this.#expire(entry), until - performance.now()).unref();
    if (delayMs > 0) this.#delay(entry, delayMs);
    else this.#makeReady(entry);
  }

  /** The next e-mail to send. @param includeSlow whether it may be one that was refused before */
  take(includeSlow: boolean): PendingEmail | undefined {
    for (const entry of this.#ready) {
      if (this.#slowDomains.has(domainOf(entry))) this.#makeSlow(entry);
      else if (!this.#isBlocked(entry)) return this.#start(entry);
    }
    if (!includeSlow) return undefined;
    for (const entry of this.#slow) if (!this.#isBlocked(entry)) return this.#start(entry);
    return undefined;
  }

  /** Puts back an e-mail that was being sent, to be retried as soon as the transport works. */
  retry(pending: PendingEmail, { timedOut = false } = {}): void {
    const entry = this.#putBack(pending);
    if (entry === undefined) return;
    if (timedOut) this.#markSlow(entry);
    this.#makeReady(entry);
  }

  /** Puts back an e-mail that was being sent, to be retried after a delay. */
  retryLater(pending: PendingEmail, delayMs: number, { timedOut = false } = {}): void {
    const entry = this.#putBack(pending);
    if (entry === undefined) return;
    if (timedOut) this.#markSlow(entry);
    entry.isSlow = true;
    this.#delay(entry, delayMs);
  }

  /** Removes an e-mail that was delivered. */
  delivered(pending: PendingEmail): void {
    this.#slowDomains.delete(domainOf(pending));
    this.remove(pending);
  }

  remove(pending: PendingEmail): void {
    const entry = pending as Entry; // all of them are created here
    this.#delete(entry);
    this.#unblockNext(entry);
    this.#events.removed();
  }

  /** Makes e-mails ready that wait for their first attempt. */
  skipDelays(): void {
    for (const entry of this.#all) if (entry.state === 'delayed' && entry.attempts === 0) this.#makeReady(entry);
  }

  /** @returns how many e-mails were lost */
  clear(): number {
    const lost = [...this.#all].filter(({ delivered }) => delivered).length;
    for (const entry of this.#all) this.#delete(entry);
    return lost;
  }

  #start(entry: Entry): PendingEmail {
    const { replaces: key } = entry.email;
    this.#unready(entry);
    entry.state = 'sending';
    if (key !== undefined) this.#sending.set(key, entry);
    return entry;
  }

  /** @returns undefined if the e-mail has expired or a newer one replaces it */
  #putBack(pending: PendingEmail): Entry | undefined {
    const entry = pending as Entry; // all of them are created here
    const { replaces: key } = entry.email;
    const isReplaced = key !== undefined && this.#newest.get(key) !== entry;
    entry.state = 'delayed';
    if (isReplaced) this.remove(entry);
    else if (performance.now() >= entry.until) this.#events.expired(entry);
    else this.#unblockNext(entry);
    return this.#all.has(entry) ? entry : undefined;
  }

  /** All e-mails to a slow domain share one slot, so that they do not occupy all of them. */
  #markSlow(entry: Entry): void {
    this.#slowDomains.set(domainOf(entry), true);
    entry.isSlow = true;
  }

  #unblockNext(entry: Entry): void {
    const { replaces: key } = entry.email;
    if (key === undefined || this.#sending.get(key) !== entry) return;
    this.#sending.delete(key);
    const next = this.#newest.get(key);
    if (next?.state === 'blocked') this.#makeReady(next);
  }

  #isBlocked(entry: Entry): boolean {
    const { replaces: key } = entry.email;
    if (key === undefined || !this.#sending.has(key)) return false;
    this.#unready(entry);
    entry.state = 'blocked';
    return true;
  }

  #makeReady(entry: Entry): void {
    clearTimeout(entry.timer);
    entry.state = 'ready';
    (entry.isSlow ? this.#slow : this.#ready).add(entry);
    this.#events.ready();
  }

  #makeSlow(entry: Entry): void {
    this.#unready(entry);
    entry.isSlow = true;
    this.#makeReady(entry);
  }

  #delay(entry: Entry, delayMs: number): void {
    entry.state = 'delayed';
    entry.timer = setTimeout(() => this.#makeReady(entry), delayMs).unref();
  }

  #unready(entry: Entry): void {
    this.#ready.delete(entry);
    this.#slow.delete(entry);
  }

  /** An e-mail that is being sent may still be accepted; otherwise it expires when it is put back. */
  #expire(entry: Entry): void {
    if (this.#all.has(entry) && entry.state !== 'sending') this.#events.expired(entry);
  }

  #delete(entry: Entry): void {
    const { replaces: key } = entry.email;
    clearTimeout(entry.timer);
    clearTimeout(entry.expiry);
    this.#unready(entry);
    this.#all.delete(entry);
    if (key !== undefined && this.#newest.get(key) === entry) this.#newest.delete(key);
  }
}

const domainOf = ({ email: { to } }: PendingEmail) => to.slice(to.lastIndexOf('@') + 1).toLowerCase();
