import { expect } from 'chai';
import fc from 'fast-check';
import { accepted, groupOf, onEachServer, privateOf, send } from '../contract/fixture.ts';
import type { TestApp } from '../support/app.ts';
import type { Answer, Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { IS_SOAK } from '../support/soak.ts';

const RUNS = IS_SOAK ? 12 : 3;
const SOCKETS = 4;
const OWN_MESSAGES = 3;
const FOREIGN_MESSAGES = 3;

/** What one socket changes: its own conversations and profile, so that the result depends only on the socket's own order. */
type Scene = {
  ann: Person;
  ben: Person;
  group: number;
  chat: number;
  own: readonly number[];
  foreign: readonly number[];
};
type Step = { kind: keyof typeof STEPS; pick: number };

const STEPS = {
  send: ({ group }: Scene, pick: number) => ['message', { conversation_id: group, content: `sent ${pick}` }],
  sendOnce: ({ chat }: Scene, pick: number) => [
    'message',
    { conversation_id: chat, content: `once ${pick % 3}`, client_message_id: `id ${pick % 3}` },
  ],
  edit: ({ own }: Scene, pick: number) => [
    'edit_message',
    { message_id: own[pick % own.length], content: `edited ${pick}` },
  ],
  delete: ({ own }: Scene, pick: number) => ['delete_message', { message_id: own[pick % own.length] }],
  add: ({ group, ben }: Scene) => ['add_participant', { conversation_id: group, user_id: ben.id }],
  remove: ({ group, ben }: Scene) => ['remove_participant', { conversation_id: group, user_id: ben.id }],
  rename: ({ group }: Scene, pick: number) => ['rename_conversation', { conversation_id: group, name: `name ${pick}` }],
  renameMe: ({ ann }: Scene, pick: number) => ['update_me', { username: `u${ann.id}.${pick}` }],
  picture: (_: Scene, pick: number) => ['update_me', { profile_picture: `https://example.com/${pick}` }],
  read: ({ foreign }: Scene, pick: number) => ['read_receipt', { message_ids: [foreign[pick % foreign.length]] }],
  confirm: ({ chat }: Scene, pick: number) => ['delivered', { conversation_id: chat, seq: pick }],
  typing: ({ chat }: Scene) => ['typing_start', { conversation_id: chat }],
  notTyping: ({ chat }: Scene) => ['typing_stop', { conversation_id: chat }],
  leave: ({ group, ann }: Scene) => ['remove_participant', { conversation_id: group, user_id: ann.id }],
  open: ({ ben }: Scene) => ['open_private_conversation', { other_user_id: ben.id }],
} satisfies Record<string, (scene: Scene, pick: number) => readonly [string, object] | readonly unknown[]>;

const anyStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    ...(Object.keys(STEPS) as Step['kind'][]).map((kind) => ({
      weight: kind === 'leave' ? 1 : 4,
      arbitrary: fc.constant(kind),
    })),
  ),
  pick: fc.nat(12),
});
const anyStory = fc.array(fc.array(anyStep, { minLength: 1, maxLength: 14 }), {
  minLength: SOCKETS,
  maxLength: SOCKETS,
});

onEachServer('Random operations of several sockets', (app) => {
  it('have the same result as when each socket waits for every answer', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(anyStory, async (story) => {
        const [atOnce, inTurn] = await Promise.all([play(app(), story, together), play(app(), story, oneByOne)]);
        expect(atOnce).to.deep.equal(inTurn);
      }),
      { numRuns: RUNS },
    );
  });
});

type Ask = (client: Client, asked: readonly (readonly [string, object])[]) => Promise<Answer[]>;

const together: Ask = (client, asked) => Promise.all(asked.map(([name, input]) => client.ask(name, input)));
const oneByOne: Ask = async (client, asked) => {
  const answers: Answer[] = [];
  for (const [name, input] of asked) answers.push(await client.ask(name, input));
  return answers;
};

/** Runs the steps of each socket, all sockets concurrently. */
async function play(app: TestApp, story: readonly (readonly Step[])[], ask: Ask) {
  return Promise.all(
    story.map(async (steps, index) => {
      const scene = await createScene(app);
      const client = index % 2 === 0 ? await scene.ann.raw() : await scene.ann.socketio();
      const asked = steps.map(({ kind, pick }) => STEPS[kind](scene, pick) as [string, object]);
      const answers = await ask(client, asked);
      client.close();
      return { answers: answers.map((answer) => answer.error?.code ?? 'ok'), ...(await outcome(scene)) };
    }),
  );
}

async function createScene(app: TestApp): Promise<Scene> {
  const [ann, ben] = await app.people('ann', 'ben');
  const [group, chat] = [await groupOf(ann), await privateOf(ann, ben)];
  const many = async (by: Person, count: number) => {
    const ids: number[] = [];
    for (let index = 0; index < count; index += 1) ids.push((await send(by, chat)).message_id);
    return ids;
  };
  return { ann, ben, group, chat, own: await many(ann, OWN_MESSAGES), foreign: await many(ben, FOREIGN_MESSAGES) };
}

/** The visible result, without ids and times. */
async function outcome({ ann, ben, group, chat }: Scene) {
  const me = accepted(await ann.rest.ask('me'));
  const inGroup = await ann.rest.ask('list_messages', { conversation_id: group, limit: 200 });
  const { conversations } = accepted(await ann.rest.ask('list_conversations'));
  const { messages } = accepted(await ben.rest.ask('list_messages', { conversation_id: chat, limit: 200 }));
  const { participants = [] } = await ann.rest.ask('list_participants', { conversation_id: group });
  const own = accepted(await ann.rest.ask('list_messages', { conversation_id: chat, limit: 200 })).messages;
  return {
    username: me.username.split('.')[1] ?? 'as it was',
    picture: me.profile_picture,
    members: participants.map(({ id, is_admin }: { id: number; is_admin: boolean }) => [id === ann.id, is_admin]),
    conversations: conversations
      .map(({ name, is_group, unread_count }: Answer) => `${is_group ? name : 'private'}, ${unread_count} unread`)
      .sort(),
    group: (inGroup.messages ?? []).map(seen),
    chat: messages.map(seen),
    statuses: own.map(({ status }: { status: string }) => status),
  };
}

/** Usernames in system messages differ between runs. */
const seen = ({ seq, content, type, edited, deleted }: Answer) => ({
  seq,
  content: type === 'system' ? '' : content,
  type,
  edited,
  deleted,
});
