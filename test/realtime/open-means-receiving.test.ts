import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import type { Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { requirePostgresql } from '../support/services.ts';
import { CONVERSATIONS_OF_A_USER, makeHoldable, meanwhile } from './blocked-queries.ts';

const LOOK_UP_MS = 200;

const CONNECT: Record<string, (person: Person) => Promise<Client>> = {
  'a plain WebSocket': (person) => person.raw(),
  'Socket.IO by WebSocket': (person) => person.socketio(),
  'Socket.IO by long polling': (person) => person.socketio({ transports: ['polling'] }),
};

type Scene = { app: TestApp; sender: Person; speaking: Client };

async function sceneOf(app: TestApp): Promise<Scene> {
  const sender = await app.person('sender');
  return { app, sender, speaking: await sender.raw() };
}

async function receiverOf({ app, sender }: Scene) {
  const person = await app.person('receiver');
  const { conversation_id } = await sender.rest.ask('open_private_conversation', { other_user_id: person.id });
  return { person, conversation_id: conversation_id as number };
}

/** Sends a message, and waits for its arrival. */
async function expectReceived({ speaking }: Scene, client: Client, conversation_id: number, content: string) {
  expect(await speaking.ask('message', { conversation_id, content })).to.include({ ok: true });
  await client.inbox.next('message', { conversation_id, content });
}

onEachDatabase('A client receives every message that is acknowledged after', (kind) => {
  let here: Scene;
  before(async () => {
    here = await sceneOf(await startApp(kind));
  });
  after(() => here?.app.stop());

  for (const [wire, connect] of Object.entries(CONNECT)) {
    it(`its connection is open, each time, over ${wire}`, async () => {
      const { person, conversation_id } = await receiverOf(here);
      for (let round = 1; round <= 10; round += 1) {
        const client = await connect(person);
        await expectReceived(here, client, conversation_id, `round ${round}`);
        client.close();
      }
    });

    it(`it receives the event that it was added, over ${wire}`, async () => {
      const { person } = await receiverOf(here);
      const client = await connect(person);
      const { conversation_id } = await here.sender.rest.ask('create_group', { name: 'Group', member_ids: [] });
      await here.sender.rest.ask('add_participant', { conversation_id, user_id: person.id });
      await expectReceived(here, client, conversation_id, 'added');
      const made = await here.sender.rest.ask('create_group', { name: 'Group', member_ids: [person.id] });
      await expectReceived(here, client, made.conversation_id, 'made');
    });
  }
});

describe('A client whose conversations take 200 ms to query receives every message that is acknowledged after', () => {
  let here: Scene;
  before(async function () {
    this.timeout(120_000);
    await requirePostgresql(this);
    here = await sceneOf(await startApp('postgresql'));
    await makeHoldable(here.app, 'participants', CONVERSATIONS_OF_A_USER);
  });
  after(() => here?.app.stop());

  for (const [wire, connect] of Object.entries(CONNECT)) {
    it(`its connection is open, the first time and after a reconnection, over ${wire}`, async () => {
      const { person, conversation_id } = await receiverOf(here);
      for (const time of ['first', 'second']) {
        const due: string[] = [];
        let isOpen = false;
        const open = () => connect(person).finally(() => (isOpen = true));
        /** Sends during the whole query: messages that are sent after the connection is open have to arrive. */
        const talk = async () => {
          const until = Date.now() + LOOK_UP_MS;
          for (let count = 1; Date.now() < until; count += 1) {
            const content = `${time} ${count}`;
            if (isOpen) due.push(content);
            expect(await here.speaking.ask('message', { conversation_id, content })).to.include({ ok: true });
            await delay(10);
          }
        };
        const client = await (await meanwhile(here.app, open, talk)).begun;
        await expectReceived(here, client, conversation_id, `${time}, at last`);
        for (const content of due) await client.inbox.next('message', { content });
        client.close();
      }
    });
  }
});
