import { expect } from 'chai';
import { accepted, groupOf, onEachServer, send } from '../contract/fixture.ts';
import type { Answer } from '../support/clients.ts';
import { costOf } from '../support/cost.ts';

/** Each round sends messages while the user is a member, and while they are not. */
const TIMES = 60;
const PAGE = 20;

onEachServer('A user who is endlessly added to a group and removed', (app) => {
  it('does not raise the cost of a page or a sync, and every state is exact', async function () {
    this.timeout(120_000);
    const [ann, ben, cid] = await app().people('ann', 'ben', 'cid');
    const conversation_id = await groupOf(ann, ben);
    const admin = await ann.raw();
    const expected: string[] = [];
    for (let time = 0; time < TIMES; time += 1) {
      accepted(await admin.ask('add_participant', { conversation_id, user_id: cid.id }));
      const [first, second] = [await send(admin, conversation_id), await send(admin, conversation_id)];
      if (time % 2 === 0) accepted(await cid.rest.ask('read_receipt', { message_ids: [second.message_id] }));
      if (time % 3 === 0) accepted(await cid.rest.ask('delivered', { conversation_id, seq: first.seq }));
      accepted(await admin.ask('remove_participant', { conversation_id, user_id: cid.id }));
      await send(admin, conversation_id);
      // of those in a group alone since they were sent, ben reads all in the end
      expected.push(time % 3 === 0 ? 'delivered' : 'sent', time % 2 === 0 ? 'read' : 'sent', 'read');
    }
    const { messages: all } = accepted(await ben.rest.ask('list_messages', { conversation_id, limit: 200 }));
    accepted(await ben.rest.ask('sync', { conversations: { [conversation_id]: 0 } }));
    const named = (messages: Answer[]) => messages.map(({ id }) => id);
    accepted(await ben.rest.ask('read_receipt', { message_ids: named(all) }));
    const older = accepted(await ben.rest.ask('list_messages', { conversation_id, limit: 200, offset: 200 })).messages;
    accepted(await ben.rest.ask('read_receipt', { message_ids: named(older) }));

    const statuses: string[] = [];
    for (let offset = 0; offset < all.length + older.length; offset += PAGE) {
      const { rows } = await costOf(async () => {
        const { messages } = await ann.rest.ask('list_messages', { conversation_id, limit: PAGE, offset });
        statuses.push(...messages.filter((each: Answer) => each.type === 'message').map((each: Answer) => each.status));
      });
      expect(rows).to.be.below(3 * PAGE);
    }
    expect(statuses.reverse()).to.deep.equal(expected);
    const { last_seq } = (await ann.rest.ask('list_conversations')).conversations[0];
    const synced = await costOf(() => ann.rest.ask('sync', { conversations: { [conversation_id]: last_seq } }));
    expect(synced.rows).to.be.below(600);
  });
});
