import fc from 'fast-check';
import type { Answer } from '../support/clients.ts';
import type { Named } from './membership.ts';
import type { World } from './world.ts';

/** A change of the model, applied after the answers have arrived, in order of `seq`. */
type Effect = { seq: number | undefined; apply(): void };
/** One operation. Its numbers are taken modulo the number of choices at that time. */
export type Step = { kind: keyof typeof RUN; who: number; via: number; picks: number[] };

const UNNUMBERED = undefined;

const RUN = {
  async send(world: World, { who, via, picks }: Step): Promise<Effect[]> {
    const { client } = world.member(who, via);
    const sends = picks.slice(0, 3).map((pick) => world.ask(client, 'message', { content: `message ${pick}` }));
    return (await Promise.all(sends)).flatMap((sent) => change(sent, () => world.model.sent(sent)));
  },

  async read(world: World, { who, via, picks }: Step): Promise<Effect[]> {
    return read(world, world.member(who, via), world.pickAll(picks));
  },

  /** All but a few, so that ranges appear, join and are closed from either side. */
  async readMost(world: World, { who, via, picks }: Step): Promise<Effect[]> {
    const skipped = new Set(world.pickAll(picks.slice(0, 2)));
    return read(
      world,
      world.member(who, via),
      world.all().filter((message) => !skipped.has(message)),
    );
  },

  async edit(world: World, { via, picks }: Step): Promise<Effect[]> {
    const message = world.pickMessage(picks[0]);
    if (message === undefined) return [];
    const client = world.client(message.senderId, via);
    const edited = await world.ask(client, 'edit_message', { message_id: message.id, content: `edited ${picks[0]}` });
    return change(edited, () => world.model.edited(edited));
  },

  async delete(world: World, { who, via, picks }: Step): Promise<Effect[]> {
    const message = world.pickMessage(picks[0]);
    if (message === undefined) return [];
    const client = world.client(who % 2 === 0 ? message.senderId : world.admin(who), via);
    const deleted = await world.ask(client, 'delete_message', { message_id: message.id });
    return change(deleted, () => world.model.deleted(deleted));
  },

  async add(world: World, { who, via, picks: [pick] }: Step): Promise<Effect[]> {
    const userId = world.anybody(pick);
    const added = await world.ask(world.client(world.admin(who), via), 'add_participant', { user_id: userId });
    return change(added, () => world.model.joined(added, userId));
  },

  async remove(world: World, { who, via, picks: [pick] }: Step): Promise<Effect[]> {
    const userId = world.removable(pick);
    if (userId === undefined) return [];
    const client = who % 2 === 0 ? world.client(userId, via) : world.client(world.admin(who), via);
    const removed = await world.ask(client, 'remove_participant', { user_id: userId });
    return change(removed, () => world.model.left(removed, userId));
  },

  async leave(world: World, { who, via }: Step): Promise<Effect[]> {
    const { id, client } = world.member(who, via);
    if (world.removable() === undefined) return [];
    const left = await world.ask(client, 'remove_participant', { user_id: id });
    return change(left, () => world.model.left(left, id));
  },

  async rename(world: World, { who, via, picks: [pick] }: Step): Promise<Effect[]> {
    const renamed = await world.ask(world.client(world.admin(who), via), 'rename_conversation', {
      name: `name ${pick}`,
    });
    return change(renamed, () => world.model.renamed(renamed));
  },

  async delivered(world: World, { who, via, picks: [pick = 0] }: Step): Promise<Effect[]> {
    const { id, client } = world.member(who, via);
    const seq = pick % (world.model.changes.size + 1);
    const confirmed = await world.ask(client, 'delivered', { seq });
    return confirmed.ok ? [{ seq: UNNUMBERED, apply: () => world.model.confirmed(id, seq) }] : [];
  },

  async look(world: World, { who, via, picks: [limit = 0, offset = 0] }: Step): Promise<Effect[]> {
    const { id, client } = world.member(who, via);
    const page = { limit: 1 + (limit % 10), offset: offset % 5 };
    const { ok, messages } = await world.ask(client, 'list_messages', page);
    if (!ok) return [{ seq: UNNUMBERED, apply: () => world.model.refusedList(id) }];
    if (world.alone) world.model.expectStatuses(id, messages);
    return [{ seq: UNNUMBERED, apply: () => world.model.listed(id, messages) }];
  },
};

async function read(
  world: World,
  { id, client }: ReturnType<World['member']>,
  named: readonly Named[],
): Promise<Effect[]> {
  if (named.length === 0) return [];
  const answer = await world.ask(client, 'read_receipt', { message_ids: named.map((message) => message.id) });
  return answer.ok ? [{ seq: UNNUMBERED, apply: () => world.model.read(id, named) }] : [];
}

/** An operation that was refused or changed nothing has no number and no effect. */
const change = ({ ok, seq }: Answer, apply: () => void): Effect[] => (ok && seq !== undefined ? [{ seq, apply }] : []);

/** Runs the steps of a round concurrently, so that the server may commit them together, and applies them to the model. */
export async function play(world: World, round: readonly Step[]): Promise<void> {
  world.begin(round.length);
  const effects = (await Promise.all(round.map((step) => RUN[step.kind](world, step)))).flat();
  const numbered = effects.filter(({ seq }) => seq !== undefined);
  for (const { apply } of numbered.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0))) apply();
  // their order is unknown: repeating them applies what one makes possible for another
  const unnumbered = effects.filter(({ seq }) => seq === undefined);
  for (const _ of unnumbered) for (const { apply } of unnumbered) apply();
  await world.end();
}

type Weights = Partial<Record<keyof typeof RUN, number>>;
type Shape = { rounds: number; picks: number };

/** A conversation with a number of members, and rounds of one step or several concurrent ones. */
const storyOf = (weights: Weights, { rounds, picks }: Shape) => {
  const kinds = Object.entries(weights).map(([kind, weight]) => ({
    weight,
    arbitrary: fc.constant(kind as Step['kind']),
  }));
  const step: fc.Arbitrary<Step> = fc.record({
    kind: fc.oneof(...kinds),
    who: fc.nat(20),
    via: fc.nat(11),
    picks: fc.array(fc.nat(60), { minLength: 1, maxLength: picks }),
  });
  const round = fc.oneof(
    { weight: 3, arbitrary: step.map((each) => [each]) },
    { weight: 1, arbitrary: fc.array(step, { minLength: 2, maxLength: 8 }) },
  );
  return fc.record({
    members: fc.integer({ min: 1, max: 3 }),
    rounds: fc.array(round, { minLength: 1, maxLength: rounds, size: 'max' }),
  });
};
export type Story = { members: number; rounds: (readonly Step[])[] };

/** All operations. */
export const eventful = storyOf(
  { send: 8, read: 8, readMost: 2, delete: 4, edit: 1, add: 1, remove: 1, rename: 1, delivered: 1, look: 1 },
  { rounds: 40, picks: 4 },
);
/** Few messages, read and deleted one by one: every kind of range and gap. */
export const piecemeal = storyOf({ send: 5, read: 10, delete: 12, rename: 1 }, { rounds: 50, picks: 1 });
/** What others do while a client is disconnected. */
export const busy = storyOf(
  { send: 8, read: 4, readMost: 1, delete: 3, edit: 3, add: 2, remove: 2, rename: 1 },
  { rounds: 25, picks: 3 },
);
/** What the others receive and read. */
export const receipts = storyOf(
  { send: 4, read: 3, readMost: 1, delivered: 3, look: 4, add: 2, remove: 1, leave: 1 },
  { rounds: 40, picks: 3 },
);
