import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';

const IN_FLIGHT = 4;
const RETRY_AFTER_MS = 50;
const GIVE_UP_AFTER_MS = 30_000;

/** The answers to sends, by their client ids. */
export type Acks = Map<string, { messageId: number; seq: number }>;

/** Sends messages over one transport, a few at a time, and repeats each under its client id until it is acknowledged. */
export class PersistentSender {
  readonly acks: Acks = new Map();
  /** How many sends were repeated. */
  repeated = 0;
  readonly #person: Person;
  readonly #transport: Client['transport'];
  #client: Promise<Client> | undefined;

  constructor(person: Person, transport: Client['transport']) {
    this.#person = person;
    this.#transport = transport;
  }

  async sendAll(conversationId: number, clientIds: readonly string[]): Promise<void> {
    const left = [...clientIds];
    const work = async () => {
      for (let id = left.shift(); id !== undefined; id = left.shift()) await this.#send(conversationId, id);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  }

  async #send(conversationId: number, clientId: string): Promise<void> {
    const until = Date.now() + GIVE_UP_AFTER_MS;
    const input = { conversation_id: conversationId, content: `content of ${clientId}`, client_message_id: clientId };
    for (;;) {
      const answer = await this.#try(input);
      if (answer?.ok === true) return void this.acks.set(clientId, { messageId: answer.message_id, seq: answer.seq });
      if (Date.now() > until) throw new Error(`${clientId} was never acknowledged: ${JSON.stringify(answer)}`);
      this.repeated += 1;
      await delay(RETRY_AFTER_MS);
    }
  }

  /** One attempt; undefined when the connection was lost before the answer arrived. */
  async #try(input: object): Promise<Answer | undefined> {
    this.#client ??= this.#person.client(this.#transport);
    const connecting = this.#client;
    try {
      const client = await connecting;
      const lost = client.closed.then(() => Promise.reject(new Error('closed')));
      return await Promise.race([client.ask('message', input), lost]);
    } catch {
      if (this.#client === connecting) this.#client = undefined; // the next attempt connects again
      return undefined;
    }
  }
}
