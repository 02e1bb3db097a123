import { expect } from 'chai';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import { ReferenceClient } from '../support/reference-client.ts';
import { expectSame } from './followers.ts';

/** More than `sync` replays of one conversation. */
const TOO_MANY = 2_100;
const PAGE = 100;

onEachDatabase('A client that sync cannot bring up to date', (kind) => {
  let app: TestApp;
  let ann: Person;
  let ben: Person;
  let conversation_id: number;
  let client: ReferenceClient;
  before(async () => {
    app = await startApp(kind);
  });
  after(() => app.stop());
  beforeEach(async () => {
    [ann, ben] = await app.people('ann', 'ben');
    ({ conversation_id } = await ann.rest.ask('create_group', { name: 'before', member_ids: [ben.id] }));
    client = new ReferenceClient(app.url, ben, PAGE);
    await client.connect('raw');
  });
  afterEach(() => client.disconnect());

  const say = async (count: number) => {
    const raw = await ann.raw();
    return Promise.all(
      Array.from({ length: count }, (_, index) => raw.ask('message', { conversation_id, content: `message ${index}` })),
    );
  };

  it('is reset after a long absence, and has everything in the end', async function () {
    this.timeout(120_000);
    const [first, second] = await say(4);
    await client.until(() => client.conversations.get(conversation_id)?.seq === 4);
    client.disconnect();
    await say(TOO_MANY);
    const [cid] = await app.people('cid');
    await ann.rest.ask('edit_message', { message_id: first?.message_id, content: 'edited' });
    await ann.rest.ask('delete_message', { message_id: second?.message_id });
    await ann.rest.ask('add_participant', { conversation_id, user_id: cid.id });
    await ann.rest.ask('rename_conversation', { conversation_id, name: 'after' });
    await ben.rest.ask('read_receipt', { message_ids: [first?.message_id] });
    const live = client.connect('raw');
    await say(3); // arrives during the reset
    await live;
    await client.until(() => client.conversations.get(conversation_id)?.seq === TOO_MANY + 11);
    expect(client.resets).to.equal(1);
    await client.sync();
    await expectSame(client, ben, true);
  });

  it('is reset when its number is higher than the last one, as after a restored backup', async () => {
    await say(5);
    await client.until(() => client.conversations.get(conversation_id)?.seq === 5);
    Object.assign(client.conversations.get(conversation_id) ?? {}, { seq: 5_000 });
    await client.sync();
    expect(client.resets).to.equal(1);
    expect(client.conversations.get(conversation_id)?.seq).to.equal(5);
    await say(1);
    await client.until(() => client.conversations.get(conversation_id)?.seq === 6);
    await client.sync();
    await expectSame(client, ben, true);
  });
});
