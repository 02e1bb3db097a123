import { type Conditions, type Log, MailQueue, type Pauses } from './queue.ts';
import {
  type Email,
  type MailConfig,
  type MailTransport,
  type OutboxEmail,
  outbox,
  sendgrid,
  smtp,
} from './transports.ts';

export type { Email, MailConfig } from './transports.ts';

export type Mail = {
  /** Where e-mails are sent, for the start-up lines; without credentials. */
  readonly destination: string;
  /**
   * Queues an e-mail and returns at once: the timing of the caller's answer must not reveal whether one was sent. An
   * account that was imported without an address gets none.
   */
  send(email: Email): void;
  /**
   * Queues an e-mail after a random delay, so that the time for composing and sending it shows in no later request.
   * @param delivered if false, the e-mail is composed all the same, and dropped
   */
  sendLater(email: Email, delivered: boolean): void;
  /** Resolves when every queued e-mail has been sent or dropped, or after `withinMs` milliseconds. Never rejects. */
  drain(withinMs: number): Promise<void>;
  /** The number of e-mails that are waiting or being sent. */
  queued(): number;
  /** E-mails kept for the development outbox page, newest first; undefined with any other transport. */
  readonly outbox?: readonly OutboxEmail[];
  /** Closes connections and drops e-mails that are still waiting; call `drain` first. */
  close(): void;
};

type Options = {
  /** Receives the condition that no e-mail can be sent. */
  readonly conditions?: Conditions;
  /** Prints an e-mail of the development outbox. */
  readonly print: (lines: string) => void;
  /** Between attempts; by default from one second up to a minute. */
  readonly pauses?: Pauses;
  /** Limit of one attempt in milliseconds; 30 s by default. */
  readonly attemptTimeoutMs?: number;
};

/**
 * Sends e-mails in the background: at most 4 at a time, with at most 10,000 waiting. Temporary failures are retried
 * until the e-mail expires, for instance with its code. Undeliverable e-mails are logged with the cause, but without
 * address and text.
 */
export function createMail(config: MailConfig, log: Log, options: Options): Mail {
  const { conditions, print, pauses, attemptTimeoutMs } = options;
  const transport = transportOf(config, print, attemptTimeoutMs);
  const queue = new MailQueue({ transport, log, conditions, pauses });
  return {
    destination: transport.destination,
    ...(transport.outbox && { outbox: transport.outbox }),
    send: (email) => {
      if (email.to !== '') queue.add(email, { delayed: false, delivered: true });
    },
    sendLater: (email, delivered) => queue.add(email, { delayed: true, delivered }),
    drain: (withinMs) => queue.drain(withinMs),
    queued: () => queue.size,
    close: () => queue.close(),
  };
}

function transportOf(
  config: MailConfig,
  print: (lines: string) => void,
  attemptTimeoutMs: number | undefined,
): MailTransport {
  if (config.kind === 'sendgrid') return sendgrid(config, attemptTimeoutMs);
  if (config.kind === 'smtp') return smtp(config, attemptTimeoutMs);
  return outbox(config.print ? print : undefined);
}
