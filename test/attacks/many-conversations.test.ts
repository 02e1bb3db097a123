import { expect } from 'chai';
import { accepted, groupOf, onEachServer, send, summaryFor } from '../contract/fixture.ts';
import type { Answer } from '../support/clients.ts';
import { costOf } from '../support/cost.ts';

const CONVERSATIONS = 130;
/** The number of conversations whose changes one answer contains. */
const MOST_CHANGED = 100;

onEachServer('A user in many conversations', (app) => {
  it('syncs all of them, in answers that cost a bounded number of statements each', async function () {
    this.timeout(120_000);
    const [ann, ben] = await app().people('ann', 'ben');
    const known: Record<string, number> = {};
    const sender = await ann.raw();
    const group = { name: 'Study Group', member_ids: [ben.id] };
    const made = Array.from({ length: CONVERSATIONS }, () => sender.ask('create_group', group));
    for (const answer of await Promise.all(made)) known[accepted(answer).conversation_id] = 0;
    await Promise.all(Object.keys(known).map((id) => send(sender, Number(id))));
    const received: Answer[] = [];
    for (let more = true; more; ) {
      const cost = await costOf(async () => {
        const answer = accepted(await ben.rest.ask('sync', { conversations: known }));
        const changes = Object.entries(answer.conversations as Record<string, Answer>);
        expect(changes).to.have.length(CONVERSATIONS);
        const messages = changes.flatMap(([, { messages: each }]) => each as Answer[]);
        expect(messages.length).to.be.at.most(MOST_CHANGED);
        received.push(...messages);
        for (const [id, { seq }] of changes) known[id] = seq;
        more = answer.has_more;
      });
      expect(cost.statements).to.be.below(MOST_CHANGED + 20);
    }
    expect(received.map(({ conversation_id }) => String(conversation_id)).sort()).to.deep.equal(
      Object.keys(known).sort(),
    );
    const again = await costOf(() => ben.rest.ask('sync', { conversations: known }));
    expect(again.statements, 'without changes').to.be.below(20);
  });

  it('marks messages in all of them as read together, and each is counted', async function () {
    this.timeout(120_000);
    const [ann, ben] = await app().people('ann', 'ben');
    const groups: number[] = [];
    const message_ids: number[] = [];
    for (let count = 0; count < 20; count += 1) {
      const id = await groupOf(ann, ben);
      groups.push(id);
      for (let message = 0; message < 3; message += 1) message_ids.push((await send(ann, id)).message_id);
    }
    const everyOther = message_ids.filter((_, index) => index % 3 === 1);
    accepted(await ben.rest.ask('read_receipt', { message_ids: everyOther }));
    for (const id of groups) expect((await summaryFor(ben, id)).unread_count).to.equal(2);
    accepted(await ben.rest.ask('read_receipt', { message_ids: message_ids.toReversed() }));
    for (const id of groups) expect((await summaryFor(ben, id)).unread_count).to.equal(0);
  });
});
