import { expect } from 'chai';
import type { JsonSchema } from '../../src/operation/json-schema.ts';
import { accepted, groupOf, privateOf, send } from '../contract/fixture.ts';
import { startApp, type TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import { conforms, mustConform } from './conformance.ts';
import { documentsOf, type OpenApi, responseOf, restOperations } from './documents.ts';

/** Per field of a schema: whether it was present, missing, null. */
type Seen = Map<string, Set<string>>;

const isNullable = ({ type, oneOf }: JsonSchema) =>
  [type].flat().includes('null') || oneOf?.some((each) => each.type === 'null') === true;

/** Records the shapes of values of one schema, field by field. */
function note(seen: Seen, values: readonly Record<string, unknown>[], { properties = {} }: JsonSchema): void {
  for (const value of values)
    for (const field of Object.keys(properties)) {
      const kind = !(field in value) ? 'missing' : value[field] === null ? 'null' : 'there';
      seen.set(field, (seen.get(field) ?? new Set()).add(kind));
    }
}

/** The shapes that a schema permits for its fields. */
const documented = ({ properties = {}, required = [] }: JsonSchema): Seen =>
  new Map(
    Object.entries(properties).map(([field, schema]) => [
      field,
      new Set(['there', ...(required.includes(field) ? [] : ['missing']), ...(isNullable(schema) ? ['null'] : [])]),
    ]),
  );

describe('All documented shapes of a field occur, and no others:', () => {
  let app: TestApp;
  let openApi: OpenApi;
  let alice: Person;
  let bob: Person;
  before(async () => {
    app = await startApp();
    ({ openApi } = await documentsOf(app.url));
    [alice, bob] = await app.people('alice', 'bob');
    const group = await groupOf(alice, bob);
    const pair = await privateOf(alice, bob);
    await privateOf(alice, await app.person('carol')); // an empty conversation
    for (const conversation of [group, pair]) {
      const [edited, deleted] = [await send(alice, conversation), await send(bob, conversation)];
      await send(alice, conversation, 'Hello!', { client_message_id: `mine in ${conversation}` });
      accepted(await alice.rest.ask('edit_message', { message_id: edited.message_id, content: 'Edited.' }));
      accepted(await bob.rest.ask('delete_message', { message_id: deleted.message_id }));
    }
    const dave = await app.person('dave');
    accepted(await alice.rest.ask('add_participant', { conversation_id: group, user_id: dave.id }));
    accepted(await alice.rest.ask('rename_conversation', { conversation_id: group, name: 'Chess Club' }));
  });
  after(() => app.stop());

  async function answerOf(by: Person, name: string, input: object = {}) {
    const { operation } = restOperations(openApi).get(name) ?? expect.fail(name);
    const { ok, status: _, ...answer } = accepted(await by.rest.ask(name, input));
    const { schema } = responseOf(openApi, operation, 200)?.content['application/json'] ?? expect.fail(name);
    mustConform({ success: ok, ...answer }, schema, name);
    return answer;
  }
  const schemaOf = (name: string) => openApi.components.schemas[name] ?? expect.fail(`there is no ${name}`);

  it('in messages and conversations of lists', async () => {
    const [messages, conversations]: [Seen, Seen] = [new Map(), new Map()];
    for (const by of [alice, bob]) {
      const listed = (await answerOf(by, 'list_conversations')).conversations;
      note(conversations, listed, schemaOf('Conversation'));
      for (const { conversation_id } of listed)
        note(messages, (await answerOf(by, 'list_messages', { conversation_id })).messages, schemaOf('Message'));
    }
    expect(conversations).to.deep.equal(documented(schemaOf('Conversation')));
    expect(messages).to.deep.equal(documented(schemaOf('Message')));
  });

  it('in the changes of known, unknown and left conversations that sync returns', async () => {
    const { conversations } = await answerOf(bob, 'list_conversations');
    const known = Object.fromEntries(conversations.map((each: { id: number }) => [each.id, 0]));
    const updates: Seen = new Map();
    for (const input of [
      {},
      { conversations: known },
      { conversations: { ...known, 999999: 5 } },
      { conversations: known, limit: 1 },
    ]) {
      const answer = await answerOf(bob, 'sync', input);
      for (const synced of Object.values<{ updates: Record<string, unknown>[] }>(answer.conversations))
        note(updates, synced.updates, schemaOf('ConversationUpdateEvent'));
    }
    expect(updates).to.deep.equal(documented(schemaOf('ConversationUpdateEvent')));
  });

  it('and a schema detects missing, additional and mistyped fields', () => {
    for (const [name, schema] of Object.entries(openApi.components.schemas)) {
      const fields = Object.keys(schema.properties ?? {});
      expect(
        conforms({ ...Object.fromEntries(fields.map((field) => [field, {}])), nothing: 1 }, schema),
        name,
      ).to.equal(false);
      expect(conforms(null, schema), name).to.equal(false);
    }
  });
});
