import { expect } from 'chai';
import { operations } from '../../src/operations.ts';
import type { TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import { BAD_INPUTS, type World } from './bad-inputs.ts';
import { groupOf, historyOf, onEachServer, refused, send, TRANSPORTS } from './scene.ts';

async function setTheScene(app: TestApp): Promise<World> {
  const [alice, bob] = await app.people('alice', 'bob');
  const group = await groupOf(alice, bob);
  return { alice, bob, group, message: (await send(alice, group)).message_id };
}

/** All of the group and of alice's that bad input could have changed. */
async function everythingOf({ alice, group }: World) {
  const { participants } = await alice.rest.ask('list_participants', { conversation_id: group });
  const { conversations } = await alice.rest.ask('list_conversations');
  return JSON.stringify([
    await alice.rest.ask('me'),
    await historyOf(alice, group),
    participants.map(({ id, is_admin }: Person & { is_admin: boolean }) => [id, is_admin]),
    conversations.map(({ conversation_id, name }: { conversation_id: number; name: string }) => [
      conversation_id,
      name,
    ]),
  ]);
}

onEachServer('Bad input', (app) => {
  it('has a row in these tests for every field of every operation', () => {
    const fields = Object.entries(operations).map(([name, { operation }]) => [
      name,
      Object.keys(operation.input.fields).sort(),
    ]);
    const tested = Object.entries(BAD_INPUTS).map(([name, { bad }]) => [name, Object.keys(bad).sort()]);
    const withFields = fields.filter(([, names]) => names?.length !== 0);
    expect(Object.fromEntries(tested)).to.deep.equal(Object.fromEntries(withFields));
  });

  for (const [name, { good, bad, badOnSockets }] of Object.entries(BAD_INPUTS)) {
    const { http, sockets } = operations[name] ?? { sockets: [] };
    for (const transport of TRANSPORTS) {
      if (transport === 'rest' ? http === undefined : sockets.length === 0) continue;
      it(`to ${name} over ${transport} is refused, the field named, and changes nothing`, async () => {
        const world = await setTheScene(app());
        const client = await world.alice.client(transport);
        const before = await everythingOf(world);
        for (const [field, values] of Object.entries(bad)) {
          const more = transport === 'rest' ? [] : (badOnSockets?.[field] ?? []);
          for (const value of [...values, ...more]) {
            const answer = await client.ask(name, { ...good(world), [field]: value });
            expect(answer.ok, `${field}: ${JSON.stringify(value)} → ${JSON.stringify(answer)}`).to.equal(false);
            const { fields } = refused(answer, 400, 'invalid_input');
            expect(fields?.map((each) => each.field.replace(/\[.*/, ''))).to.include(field);
          }
        }
        expect(await everythingOf(world)).to.equal(before);
      });
    }
  }
});
