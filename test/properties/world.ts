import { expect } from 'chai';
import { HEAVY_COST } from '../../src/operation/heavy-calls.ts';
import { operationNamed } from '../../src/operations.ts';
import type { DatabaseKind, TestApp } from '../support/app.ts';
import { startApp } from '../support/app.ts';
import type { Answer, Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import type { Named } from './membership.ts';
import { Model } from './model.ts';

type Caller = Pick<Client, 'ask'>;
export type Fixture = {
  app: TestApp;
  people: readonly Person[];
  /** The clients of each user, one per transport. */
  clients: ReadonlyMap<number, readonly Caller[]>;
};

/** Starts a server, with users on all transports. Each story is a new conversation of these users. */
export async function startFixture(kind: DatabaseKind): Promise<Fixture> {
  const app = await startApp(kind);
  const people = await app.people('ann', 'ben', 'cid', 'dee');
  const everyWay = async (person: Person) => [person.rest, await person.socketio(), await person.raw()];
  const clients = await Promise.all(people.map(async (person) => [person.id, await everyWay(person)] as const));
  return { app, people, clients: new Map(clients) };
}

/** A conversation with random operations, and its model. */
export class World {
  readonly model: Model;
  /** The round has one step: its answers can be compared at once. */
  alone = true;
  asked = 0;
  accepted = 0;
  readonly #fixture: Fixture;
  #removableCount = 0;
  #adminsMayHaveChanged = false;

  private constructor(fixture: Fixture, model: Model) {
    this.#fixture = fixture;
    this.model = model;
  }

  static async create(fixture: Fixture, size: number): Promise<World> {
    const members = fixture.people.slice(0, size).map(({ id }) => id);
    const [{ id: creator, rest }] = fixture.people as readonly [Person];
    const created = await rest.ask('create_group', { name: 'story', member_ids: members });
    return new World(fixture, new Model(created.conversation_id, members, creator));
  }

  begin(steps: number): void {
    this.alone = steps === 1;
    this.#removableCount = this.model.members.size - 1;
    this.model.begin();
  }

  /** Queries who became admin when the last admin left, because no answer contains it. */
  async end(): Promise<void> {
    if (!this.#adminsMayHaveChanged) return;
    this.#adminsMayHaveChanged = false;
    const { participants } = await this.ask(this.member(0, 0).client, 'list_participants');
    expect(participants.map(idOf).sort()).to.deep.equal([...this.model.members.keys()].sort());
    for (const { id, is_admin } of participants) Object.assign(this.model.members.get(id) ?? {}, { isAdmin: is_admin });
    expect(participants.some(({ is_admin }: { is_admin: boolean }) => is_admin)).to.equal(true);
  }

  /** Removes all members. */
  async removeAll(): Promise<void> {
    const { conversationId: conversation_id } = this.model;
    for (const { id, rest } of this.#fixture.people)
      await rest.ask('remove_participant', { conversation_id, user_id: id });
  }

  async ask(client: Caller, operation: string, input: object = {}): Promise<Answer> {
    const answer = await client.ask(operation, { conversation_id: this.model.conversationId, ...input });
    this.asked += 1;
    if (answer.ok) this.accepted += 1;
    else if (!this.#isExpected(answer.error.code, operation, input))
      throw new Error(`${operation}: ${JSON.stringify(answer)}`);
    if (answer.ok && operation === 'remove_participant') this.#adminsMayHaveChanged = true;
    return answer;
  }

  #isExpected(code: string, operation: string, input: object): boolean {
    if (this.alone) return ALONE.includes(code);
    return CONCURRENT.includes(code) || (code === 'rate_limited' && isHeavy(operation, input));
  }

  client(userId: number, via: number): Caller {
    return at(this.#fixture.clients.get(userId) ?? [], via) as Caller;
  }

  member(who: number, via: number): { id: number; client: Caller } {
    const id = at([...this.model.members.keys()], who) as number;
    return { id, client: this.client(id, via) };
  }

  admin(who: number): number {
    const admins = [...this.model.members].filter(([, { isAdmin }]) => isAdmin).map(([id]) => id);
    return at(admins, who) as number;
  }

  anybody = (pick = 0) => (at(this.#fixture.people, pick) as Person).id;

  /** A member who may leave: one always stays. */
  removable(pick = 0): number | undefined {
    this.#removableCount -= 1;
    return this.#removableCount < 0 ? undefined : at([...this.model.members.keys()], pick);
  }

  all = (): Named[] => [...this.model.messages.values(), ...this.model.systemMessages.values()];
  pickAll = (picks: readonly number[]): Named[] => {
    const all = this.all();
    return [...new Set(picks.flatMap((pick) => at(all, pick) ?? []))];
  };
  pickMessage = (pick = 0) => at([...this.model.messages.values()], pick);
}

/** The errors for a message that was deleted, or whose sender has left. */
const ALONE = ['unknown_message', 'not_participant'];
/** The errors of concurrent steps. */
const CONCURRENT = ['not_participant', 'not_admin', 'not_sender', 'unknown_message', 'unknown_participant'];
/** At most two concurrent heavy calls of a user run, such as those with many message ids. */
const isHeavy = (name: string, input: object) => (operationNamed(name)?.cost?.(input as never) ?? 1) >= HEAVY_COST; // each operation gets its own input
const at = <Each>(list: readonly Each[], index: number): Each | undefined => list[index % list.length];
const idOf = ({ id }: { id: number }) => id;
