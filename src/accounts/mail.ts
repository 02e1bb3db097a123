import { randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Carrier,
  type KeptLetter,
  type Letter,
  MAX_AT_ONCE,
  type MailConfig,
  outbox,
  sendgrid,
  smtp,
} from './mail-carriers.ts';

export type { Letter, MailConfig } from './mail-carriers.ts';

/** What of a logger is needed here; pino has it. */
export type Log = {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

export type Mail = {
  /** Where mail goes, for the start-up lines; never with credentials. */
  readonly destination: string;
  /** Queues a letter and returns at once: the caller's answer must not tell by its timing whether a letter was sent. */
  send(letter: Letter): void;
  /**
   * Queues a letter after a random delay, so that what its composing and sending takes shows in no request after the
   * caller's. One that is not to be delivered is composed all the same, and dropped.
   */
  sendLater(letter: Letter, delivered: boolean): void;
  /** Resolves when every queued letter has been sent or given up, or after `withinMs` milliseconds. Never rejects. */
  drain(withinMs: number): Promise<void>;
  /** How many letters wait to be sent. */
  queued(): number;
  /** Letters kept for the development outbox page, newest first; undefined with a real carrier. */
  readonly outbox?: readonly KeptLetter[];
  /** Cuts connections and forgets letters that are still waiting; call `drain` first. */
  close(): void;
};

const MAX_WAITING = 10_000;
const MAX_DELAY_MS = 1_000;
/** Pauses before the second and the third try. */
const RETRY_AFTER_MS = [500, 2_000];

/**
 * Mail that leaves in the background: at most 4 letters at once, 10,000 waiting, three tries of 10 s each.
 * What cannot be delivered is logged with the carrier's code, never with the address or the text.
 * @param print shows a letter of the development outbox, a block of lines at a time
 */
export function createMail(config: MailConfig, log: Log, print: (lines: string) => void = onTerminal): Mail {
  const carrier = carrierOf(config, print);
  return {
    destination: carrier.destination,
    ...(carrier.outbox && { outbox: carrier.outbox }),
    ...createQueue(carrier, log),
  };
}

function onTerminal(lines: string): void {
  process.stdout.write(lines);
}

function carrierOf(config: MailConfig, print: (lines: string) => void): Carrier {
  if (config.kind === 'sendgrid') return sendgrid(config);
  if (config.kind === 'smtp') return smtp(config);
  return outbox(config.print ? print : undefined);
}

type Queued = { readonly letter: Letter; readonly delivered: boolean };
type Queue = Pick<Mail, 'send' | 'sendLater' | 'drain' | 'queued' | 'close'>;

function createQueue(carrier: Carrier, log: Log): Queue {
  const waiting: Queued[] = [];
  const delayed = new Map<NodeJS.Timeout, Queued>();
  const workers = new EventEmitter<{ idle: [] }>();
  let busy = 0;
  let sending = 0;
  const closing = new AbortController();

  const send = (letter: Letter) => enqueue({ letter, delivered: true }, begin);

  const sendLater = (letter: Letter, delivered: boolean) =>
    enqueue({ letter, delivered }, (queued) => {
      const timer = setTimeout(() => beginDelayed(timer), randomInt(MAX_DELAY_MS));
      delayed.set(timer, queued);
    });

  function enqueue(queued: Queued, take: (queued: Queued) => void): void {
    if (!closing.signal.aborted && waiting.length + delayed.size < MAX_WAITING) return take(queued);
    log.error({ carrier: carrier.destination, waiting: waiting.length }, 'mail refused a letter');
  }

  function beginDelayed(timer: NodeJS.Timeout): void {
    const queued = delayed.get(timer);
    clearTimeout(timer);
    delayed.delete(timer);
    if (queued !== undefined) begin(queued);
  }

  function begin(queued: Queued): void {
    waiting.push(queued);
    if (busy === MAX_AT_ONCE) return;
    busy += 1;
    setImmediate(() => void work()); // not now: composing a letter takes time that the caller's answer would show
  }

  async function work(): Promise<void> {
    for (let queued = waiting.shift(); queued !== undefined; queued = waiting.shift()) {
      sending += 1;
      if (queued.delivered) await deliver(queued.letter, { carrier, log, closing: closing.signal });
      else await carrier.compose(queued.letter);
      sending -= 1;
    }
    busy -= 1;
    if (busy === 0) workers.emit('idle');
  }

  function drain(withinMs: number): Promise<void> {
    for (const timer of delayed.keys()) beginDelayed(timer);
    if (busy === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    workers.once('idle', resolve);
    return promise.finally(() => clearTimeout(timer));
  }

  function close(): void {
    closing.abort();
    for (const timer of delayed.keys()) clearTimeout(timer);
    const lost = waiting.splice(0).length + delayed.size + sending;
    delayed.clear();
    if (lost > 0) log.error({ carrier: carrier.destination, lost }, 'mail closed before every letter was sent');
    carrier.close();
  }

  return { send, sendLater, drain, queued: () => waiting.length + delayed.size, close };
}

type Road = { carrier: Carrier; log: Log; closing: AbortSignal };

async function deliver(letter: Letter, road: Road, tries = 1): Promise<void> {
  const { carrier, log, closing } = road;
  const failure = await carrier.deliver(letter);
  if (failure === undefined || closing.aborted) return; // closing has logged how many it cut short
  const fields = { carrier: carrier.destination, code: failure.code, tries };
  const pause = RETRY_AFTER_MS[tries - 1];
  if (pause === undefined || failure.permanent) return log.error(fields, 'mail gave up on a letter');
  log.warn(fields, 'mail will try a letter again');
  await sleep(pause, undefined, { ref: false });
  return deliver(letter, road, tries + 1);
}
