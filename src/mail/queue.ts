import { randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { ConditionName } from '../monitoring/conditions.ts';
import type { Failure } from './failures.ts';
import { type PendingEmail, PendingEmails } from './pending-emails.ts';
import { type Email, MAX_CONCURRENT, type MailTransport } from './transports.ts';

/** The part of pino's logger that the queue uses. */
export type Log = {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};
/** The part of the server's conditions that the queue uses. */
export type Conditions = {
  begin(name: ConditionName & 'mail_unavailable', cause: { cause: string; code: string | number; next?: string }): void;
  end(name: ConditionName & 'mail_unavailable'): void;
};
/** In milliseconds. */
export type Pauses = { readonly firstMs: number; readonly longestMs: number };

const MAX_WAITING = 10_000;
const MAX_DELAY_MS = 1_000;
const DEFAULT_TTL_MS = 3_600_000;
const DEFAULT_PAUSES: Pauses = { firstMs: 1_000, longestMs: 60_000 };

type Dependencies = {
  transport: MailTransport;
  log: Log;
  conditions: Conditions | undefined;
  pauses: Pauses | undefined;
};

/**
 * Sends e-mails, at most 4 at a time. Temporary failures are retried after pauses that double, until the e-mail
 * expires. If the transport fails, all e-mails wait, and one at a time probes it. If an e-mail or its recipient is
 * refused, only that e-mail waits. Retries of refused e-mails use at most one of the 4 slots, so that slow recipients
 * delay no others.
 */
export class MailQueue {
  readonly #transport: MailTransport;
  readonly #log: Log;
  readonly #conditions: Conditions | undefined;
  readonly #pauses: Pauses;
  readonly #emails: PendingEmails;
  readonly #done = new EventEmitter<{ idle: [] }>();
  #sending = 0;
  #retrying = false;
  #closed = false;
  /** Consecutive failures of the transport, and the timer until the next probe; no timer during a probe. */
  #outage: { failures: number; timedOut: boolean; timer: NodeJS.Timeout | undefined } | undefined;
  #delivered = 0;
  #isScheduled = false;

  constructor({ transport, log, conditions, pauses = DEFAULT_PAUSES }: Dependencies) {
    this.#transport = transport;
    this.#log = log;
    this.#conditions = conditions;
    this.#pauses = pauses;
    this.#emails = new PendingEmails({
      ready: () => this.#scheduleSend(),
      expired: (pending) => this.#drop(pending, 'it has expired'),
      removed: () => this.#emitIdle(),
    });
  }

  /** The number of e-mails that are waiting or being sent. */
  get size(): number {
    return this.#emails.size;
  }

  /**
   * @param delayed whether the e-mail waits for a random time before it is sent
   * @param delivered if false, the e-mail is composed and dropped
   */
  add(email: Email, { delayed, delivered }: { delayed: boolean; delivered: boolean }): void {
    if (this.#closed || this.#emails.size >= MAX_WAITING)
      return this.#log.error({ carrier: this.#transport.destination, waiting: this.size }, 'mail refused an e-mail');
    const until = performance.now() + (email.ttlMs ?? DEFAULT_TTL_MS);
    this.#emails.add({ email, delivered, until }, delayed ? randomInt(MAX_DELAY_MS) : 0);
    if (this.#outage?.timedOut === true) this.#probe(); // the recipient of the last e-mail may have caused the timeout
  }

  /** Resolves when the queue is empty, or after `withinMs` milliseconds. */
  drain(withinMs: number): Promise<void> {
    this.#emails.skipDelays();
    if (this.size === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    this.#done.once('idle', resolve);
    return promise.finally(() => clearTimeout(timer));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#outage?.timer);
    const lost = this.#emails.clear();
    if (lost > 0)
      this.#log.error({ carrier: this.#transport.destination, lost }, 'mail closed before every e-mail was sent');
    this.#transport.close();
  }

  /** Deferred, because the time for composing an e-mail must not show in the caller's answer. */
  #scheduleSend(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#sendReady();
    });
  }

  #sendReady(): void {
    while (!this.#closed && this.#sending < this.#maxConcurrent()) {
      const pending = this.#emails.take(!this.#retrying);
      if (pending === undefined) return;
      void this.#send(pending);
    }
  }

  #maxConcurrent(): number {
    if (this.#outage === undefined) return MAX_CONCURRENT;
    if (this.#outage.timer !== undefined) return 0;
    return this.#outage.timedOut ? 2 : 1;
  }

  async #send(pending: PendingEmail): Promise<void> {
    const isRetry = pending.isSlow;
    this.#sending += 1;
    if (isRetry) this.#retrying = true;
    const before = this.#delivered;
    const failure = await this.#attempt(pending);
    this.#sending -= 1;
    if (isRetry) this.#retrying = false;
    if (this.#closed) return;
    if (failure === undefined) this.#succeeded(pending);
    else if (failure === 'dropped') this.#emails.remove(pending);
    else this.#failed(pending, failure, this.#delivered > before);
    this.#sendReady();
  }

  /** @returns undefined if the e-mail was delivered */
  async #attempt({ email, delivered }: PendingEmail): Promise<Failure | 'dropped' | undefined> {
    if (!delivered) {
      await this.#transport.compose(email);
      return 'dropped';
    }
    const isWanted = await email.isWanted?.().catch(() => true); // in doubt, it is sent
    return isWanted === false ? 'dropped' : this.#transport.deliver(email);
  }

  #succeeded(pending: PendingEmail): void {
    this.#emails.delivered(pending);
    this.#delivered += 1;
    this.#recovered();
    this.#conditions?.end('mail_unavailable');
  }

  #recovered(): void {
    clearTimeout(this.#outage?.timer);
    this.#outage = undefined;
  }

  /**
   * @param othersDelivered whether other e-mails were delivered meanwhile: then the transport did not cause a timeout
   */
  #failed(pending: PendingEmail, failure: Failure, othersDelivered: boolean): void {
    pending.attempts += 1;
    pending.failure = failure;
    if (failure.isOfEmail || (failure.timedOut === true && othersDelivered)) return this.#refused(pending, failure);
    this.#conditions?.begin('mail_unavailable', causeOf(failure));
    this.#emails.retry(pending, { timedOut: failure.timedOut });
    this.#pause(failure);
  }

  /** One e-mail was refused; the reply shows that the transport works. */
  #refused(pending: PendingEmail, failure: Failure): void {
    this.#recovered();
    if (failure.permanent) return this.#drop(pending, 'it was refused');
    if (pending.attempts === 1) this.#log.warn(this.#fieldsOf(pending), 'mail will retry an e-mail');
    this.#emails.retryLater(pending, this.#pauseAfter(pending.attempts), { timedOut: failure.timedOut });
  }

  /** Pauses all sending; of several concurrent failures the first one sets the pause. */
  #pause({ retryAfterMs, timedOut = false }: Failure): void {
    if (this.#outage?.timer !== undefined) return;
    const failures = (this.#outage?.failures ?? 0) + 1;
    const ms = Math.min(DEFAULT_TTL_MS, retryAfterMs ?? this.#pauseAfter(failures));
    this.#outage = { failures, timedOut, timer: setTimeout(() => this.#probe(), ms).unref() };
  }

  /** Ends the pause: the next e-mail shows whether the transport works again. */
  #probe(): void {
    if (this.#outage === undefined) return;
    clearTimeout(this.#outage.timer);
    this.#outage.timer = undefined;
    this.#scheduleSend();
  }

  /** Doubles each time; random jitter shortens it by up to a half, so that retries do not coincide. */
  #pauseAfter(failures: number): number {
    const full = Math.min(this.#pauses.longestMs, this.#pauses.firstMs * 2 ** Math.min(failures - 1, 30));
    return full * (1 - Math.random() / 2);
  }

  #drop(pending: PendingEmail, why: string): void {
    this.#emails.remove(pending);
    if (pending.delivered) this.#log.error({ ...this.#fieldsOf(pending), why }, 'mail gave up on an e-mail');
  }

  #fieldsOf({ attempts, failure }: PendingEmail): object {
    return { carrier: this.#transport.destination, ...(failure && causeOf(failure)), tries: attempts };
  }

  #emitIdle(): void {
    if (this.size === 0) this.#done.emit('idle');
  }
}

const causeOf = ({ cause, code, status, next }: Failure) => ({
  cause,
  code,
  ...(status !== undefined && { status }),
  ...(next !== undefined && { next }),
});
