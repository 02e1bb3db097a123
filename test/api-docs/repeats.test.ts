import { expect } from 'chai';
import { accepted, groupOf, privateOf, send } from '../contract/fixture.ts';
import { startApp, type TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import { mustConform } from './conformance.ts';
import { documentsOf, type OpenApi, responseOf, restOperations } from './documents.ts';

type World = { alice: Person; bob: Person; group: number; chat: number; message: number; foreign: number };
type Repeat = readonly [operation: string, input: (world: World) => object];

/** Operations that can be repeated, and have no effect then. */
const REPEATS: readonly Repeat[] = [
  ['message', ({ chat }) => ({ conversation_id: chat, content: 'Once.', client_message_id: 'once' })],
  ['edit_message', ({ message }) => ({ message_id: message, content: 'Edited.' })],
  ['read_receipt', ({ foreign }) => ({ message_ids: [foreign] })],
  ['delivered', ({ chat }) => ({ conversation_id: chat, seq: 1 })],
  ['open_private_conversation', ({ bob }) => ({ other_user_id: bob.id })],
  ['add_participant', ({ group, bob }) => ({ conversation_id: group, user_id: bob.id })],
  ['rename_conversation', ({ group }) => ({ conversation_id: group, name: 'Named' })],
  ['update_me', () => ({ profile_picture: 'https://example.com/picture.png' })],
  ['delete_message', ({ message }) => ({ message_id: message })],
];
/** These assign no sequence number to a repeated call: the answer is the first one. */
const SAME = ['message', 'delivered', 'open_private_conversation', 'update_me', 'read_receipt', 'delete_message'];

describe('A repeated operation', () => {
  let app: TestApp;
  let openApi: OpenApi;
  let world: World;
  before(async () => {
    app = await startApp();
    ({ openApi } = await documentsOf(app.url));
    const [alice, bob] = await app.people('alice', 'bob');
    const [group, chat] = [await groupOf(alice), await privateOf(alice, bob)];
    const { message_id: message } = await send(alice, chat);
    const { message_id: foreign } = await send(bob, chat);
    world = { alice, bob, group, chat, message, foreign };
  });
  after(() => app.stop());

  for (const [name, input] of REPEATS) {
    it(`is answered as documented each time: ${name}`, async () => {
      const { operation } = restOperations(openApi).get(name) ?? expect.fail(`${name} is not documented`);
      const { schema } = responseOf(openApi, operation, 200)?.content['application/json'] ?? expect.fail('no schema');
      const answers: object[] = [];
      for (let time = 1; time <= 3; time += 1) {
        const { ok, status: _, ...answer } = accepted(await world.alice.rest.ask(name, input(world)));
        mustConform({ success: ok, ...answer }, schema, `${name}, time ${time}`);
        answers.push(answer);
      }
      if (SAME.includes(name)) expect(answers).to.deep.equal([answers[0], answers[0], answers[0]]);
    });
  }
});
