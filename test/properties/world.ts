import { expect } from 'chai';
import type { DatabaseKind, TestApp } from '../support/app.ts';
import { startApp } from '../support/app.ts';
import type { Answer, Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import type { Named } from './stay.ts';
import { Truth } from './truth.ts';

type Speaker = Pick<Client, 'ask'>;
export type Cast = {
  app: TestApp;
  people: readonly Person[];
  /** The ways in which each speaks to the server. */
  clients: ReadonlyMap<number, readonly Speaker[]>;
};

/** A server and people who speak over all transports; every story is a new conversation of theirs. */
export async function startCast(kind: DatabaseKind): Promise<Cast> {
  const app = await startApp(kind);
  const people = await app.people('ann', 'ben', 'cid', 'dee');
  const everyWay = async (person: Person) => [person.rest, await person.socketio(), await person.raw()];
  const clients = await Promise.all(people.map(async (person) => [person.id, await everyWay(person)] as const));
  return { app, people, clients: new Map(clients) };
}

/** A conversation in which things are done at random, beside the truth about it. */
export class World {
  readonly truth: Truth;
  /** The round is one step: what it is told can be compared at once. */
  alone = true;
  accepted = 0;
  readonly #cast: Cast;
  #mayGo = 0;
  #adminsMayHaveChanged = false;

  private constructor(cast: Cast, truth: Truth) {
    this.#cast = cast;
    this.truth = truth;
  }

  static async create(cast: Cast, size: number): Promise<World> {
    const members = cast.people.slice(0, size).map(({ id }) => id);
    const [{ id: creator, rest }] = cast.people as readonly [Person];
    const created = await rest.ask('create_group', { name: 'story', member_ids: members });
    return new World(cast, new Truth(created.conversation_id, members, creator));
  }

  begin(steps: number): void {
    this.alone = steps === 1;
    this.#mayGo = this.truth.members.size - 1;
    this.truth.begin();
  }

  /** Who became an admin when the last one left is asked for: it is told in no answer. */
  async end(): Promise<void> {
    if (!this.#adminsMayHaveChanged) return;
    this.#adminsMayHaveChanged = false;
    const { participants } = await this.ask(this.member(0, 0).client, 'list_participants');
    expect(participants.map(idOf).sort()).to.deep.equal([...this.truth.members.keys()].sort());
    for (const { id, is_admin } of participants) Object.assign(this.truth.members.get(id) ?? {}, { isAdmin: is_admin });
    expect(participants.some(({ is_admin }: { is_admin: boolean }) => is_admin)).to.equal(true);
  }

  /** Everybody leaves. */
  async endForAll(): Promise<void> {
    const { conversationId: conversation_id } = this.truth;
    for (const { id, rest } of this.#cast.people)
      await rest.ask('remove_participant', { conversation_id, user_id: id });
  }

  async ask(client: Speaker, operation: string, input: object = {}): Promise<Answer> {
    const answer = await client.ask(operation, { conversation_id: this.truth.conversationId, ...input });
    if (answer.ok) this.accepted += 1;
    else if (!(this.alone ? ALONE : CROSSINGS).includes(answer.error.code))
      throw new Error(`${operation}: ${JSON.stringify(answer)}`);
    if (answer.ok && operation === 'remove_participant') this.#adminsMayHaveChanged = true;
    return answer;
  }

  client(userId: number, via: number): Speaker {
    return at(this.#cast.clients.get(userId) ?? [], via) as Speaker;
  }

  member(who: number, via: number): { id: number; client: Speaker } {
    const id = at([...this.truth.members.keys()], who) as number;
    return { id, client: this.client(id, via) };
  }

  admin(who: number): number {
    const admins = [...this.truth.members].filter(([, { isAdmin }]) => isAdmin).map(([id]) => id);
    return at(admins, who) as number;
  }

  anybody = (pick = 0) => (at(this.#cast.people, pick) as Person).id;

  /** Somebody who may go: one always stays. */
  dispensable(pick = 0): number | undefined {
    this.#mayGo -= 1;
    return this.#mayGo < 0 ? undefined : at([...this.truth.members.keys()], pick);
  }

  all = (): Named[] => [...this.truth.messages.values(), ...this.truth.systemMessages.values()];
  pickAll = (picks: readonly number[]): Named[] => {
    const all = this.all();
    return [...new Set(picks.flatMap((pick) => at(all, pick) ?? []))];
  };
  pickMessage = (pick = 0) => at([...this.truth.messages.values()], pick);
}

/** What one may be told of a message that was deleted, or whose sender has left. */
const ALONE = ['unknown_message', 'not_participant'];
/** What those may be told whose steps cross. */
const CROSSINGS = ['not_participant', 'not_admin', 'not_sender', 'unknown_message', 'unknown_participant'];
const at = <Each>(list: readonly Each[], index: number): Each | undefined => list[index % list.length];
const idOf = ({ id }: { id: number }) => id;
