import { expect } from 'chai';
import { type CompiledQuery, DefaultQueryExecutor } from 'kysely';
import { accepted, groupOf, historyOf, onEachServer, refused, send } from './fixture.ts';

type Executor = { executeQuery(query: CompiledQuery, ...rest: unknown[]): Promise<unknown> };

/** Runs something before the statement that reads the read positions: after the page has been read. */
function beforeStanding(act: () => Promise<unknown>): { done(): boolean } {
  const prototype = Object.getPrototypeOf(DefaultQueryExecutor.prototype) as Executor; // where it is defined
  const { executeQuery } = prototype;
  prototype.executeQuery = async function (query, ...rest) {
    if (query.sql.includes('"othersReadRanges"')) {
      prototype.executeQuery = executeQuery;
      await act();
    }
    return executeQuery.call(this, query, ...rest);
  };
  return { done: () => prototype.executeQuery === executeQuery };
}

onEachServer('A page of messages', (app) => {
  it('is complete for a user who is added while it is read', async () => {
    const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
    const conversation_id = await groupOf(alice, bob);
    const { message_id } = await send(alice, conversation_id);
    const adding = beforeStanding(() => alice.rest.ask('add_participant', { conversation_id, user_id: carol.id }));
    const ids = (await historyOf(carol, conversation_id)).map(({ id }) => id);
    expect(adding.done(), 'need somebody who was added meanwhile').to.equal(true);
    expect(ids).to.include(message_id);
  });

  it('is refused to a user who is removed while it is read', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const conversation_id = await groupOf(alice, bob);
    await send(alice, conversation_id);
    const removing = beforeStanding(() => alice.rest.ask('remove_participant', { conversation_id, user_id: bob.id }));
    refused(await bob.rest.ask('list_messages', { conversation_id }), 403, 'not_participant');
    expect(removing.done(), 'need somebody who was removed meanwhile').to.equal(true);
  });

  it('before an unknown message is refused, with an error that reveals nothing to users outside the conversation', async () => {
    const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
    const conversation_id = await groupOf(alice, bob);
    for (const page of [{ before: 9_999_999 }, { after: 9_999_999 }]) {
      refused(await bob.rest.ask('list_messages', { conversation_id, ...page }), 404, 'unknown_message');
      refused(await carol.rest.ask('list_messages', { conversation_id, ...page }), 403, 'not_participant');
    }
    accepted(await bob.rest.ask('list_messages', { conversation_id }));
  });
});
