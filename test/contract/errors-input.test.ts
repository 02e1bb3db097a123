import { expect } from 'chai';
import type { Operation } from '../../src/operation/operation.ts';
import type { TestApp } from '../support/app.ts';
import { acceptsAnything, badValuesOf } from '../support/bad-values.ts';
import { inputFor, isOnRest, isOnSockets, operationsInOrder } from '../support/derived.ts';
import type { Person } from '../support/people.ts';
import {
  type Clients,
  clientsOf,
  groupOf,
  historyOf,
  onEachServer,
  refused,
  send,
  TRANSPORTS,
  type Transport,
} from './fixture.ts';

type World = {
  alice: Person;
  bob: Person;
  clients: Clients;
  group: number;
  message: number;
};

async function createWorld(app: TestApp): Promise<World> {
  const [alice, bob] = await app.people('alice', 'bob');
  const clients = await clientsOf(alice);
  const group = await groupOf(alice, bob);
  return { alice, bob, clients, group, message: (await send(alice, group)).message_id };
}

/** The state of the group and of alice's account that invalid input could have changed. */
async function stateOf({ alice, group }: World) {
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

const validInput = (operation: Operation, { bob, group, message }: World) =>
  inputFor(operation, { conversation: group, user: bob.id, messages: [message] });

/** Whether a field is sent in the URL: in the path, or in the query of a request without a body. */
function isInUrl({ routes: [route] }: Operation, field: string, transport: Transport): boolean {
  if (route === undefined) return false;
  return transport === 'rest' && (!/^(POST|PUT|PATCH) /.test(route) || route.includes(`:${field}`));
}

onEachServer('Bad input', (app) => {
  let world: World; // which no test changes
  before(async () => {
    world = await createWorld(app());
  });

  const withFields = operationsInOrder.filter(({ input }) => Object.keys(input.fields).length > 0);

  it('is derived for every field of every operation, from inputs that are valid', () => {
    for (const operation of withFields) {
      expect(() => operation.validate(validInput(operation, world)), operation.name).not.to.throw();
      for (const [field, { everywhere, inJson }] of Object.entries(badValuesOf(operation))) {
        if (acceptsAnything(operation, field)) expect([...everywhere, ...inJson]).to.deep.equal([]);
        else expect(everywhere.length + inJson.length, `${operation.name}: ${field}`).to.be.at.least(3);
      }
    }
  });

  for (const operation of withFields) {
    for (const transport of TRANSPORTS) {
      if (transport === 'rest' ? !isOnRest(operation) : !isOnSockets(operation)) continue;
      const { name } = operation;
      it(`to ${name} over ${transport} is refused with the name of the field, and changes nothing`, async () => {
        const client = world.clients[transport];
        const before = await stateOf(world);
        for (const [field, { everywhere, inJson }] of Object.entries(badValuesOf(operation))) {
          const values = isInUrl(operation, field, transport) ? everywhere : [...everywhere, ...inJson];
          const calls = values.map((value) => client.ask(name, { ...validInput(operation, world), [field]: value }));
          for (const [index, answer] of (await Promise.all(calls)).entries()) {
            expect(answer.ok, `${field}: ${JSON.stringify(values[index])} → ${JSON.stringify(answer)}`).to.equal(false);
            const { fields } = refused(answer, 400, 'invalid_input');
            expect(fields?.map((each) => each.field.replace(/\[.*/, ''))).to.include(field);
          }
        }
        expect(await stateOf(world)).to.equal(before);
      });
    }
  }
});
