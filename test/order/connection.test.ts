import { connect } from 'node:net';
import { expect } from 'chai';
import { io } from 'socket.io-client';
import { accepted, onEachServer, privateOf, send } from '../contract/fixture.ts';
import type { TestApp } from '../support/app.ts';
import type { Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { IS_SOAK } from '../support/soak.ts';

const ROUNDS = IS_SOAK ? 40 : 6;
/** Limits that are checked and never refuse; a send has two, one after the other. */
const LIMITED = {
  RATE_LIMITS: 'on',
  RATE_SENDS: '1/1',
  RATE_SENDS_BURST: '100000',
  RATE_OPERATIONS: '100000/1',
  RATE_ADDED: '100000/1',
  RATE_SIGNUP_ORIGIN: '10000/60',
};
const WAYS = {
  socketio: (person: Person) => person.socketio(),
  'socketio by polling': (person: Person) => person.socketio({ transports: ['polling'] }),
  raw: (person: Person) => person.raw(),
};

onEachServer(
  'Calls of one connection without waiting for answers',
  (app) => {
    for (const [way, connectBy] of Object.entries(WAYS)) {
      describe(`over ${way}`, () => {
        let scene: Awaited<ReturnType<typeof createWorld>>;
        let client: Client;
        before(async () => {
          scene = await createWorld(app());
          client = await connectBy(scene.ann);
        });
        after(() => client.close());

        it('edit in order: the last content stays', async () => {
          for (let round = 0; round < ROUNDS; round += 1) {
            const contents = [1, 2, 3].map((number) => `round ${round}, ${number}`);
            await all(contents.map((content) => client.ask('edit_message', { message_id: scene.message, content })));
            expect(await scene.contents()).to.include(contents[2]);
          }
        });

        it('add, send and remove in order: the member gets the message and is removed', async () => {
          const { group, ben } = scene;
          for (let round = 0; round < ROUNDS; round += 1) {
            const membership = { conversation_id: group, user_id: ben.id };
            const [added, sent, removed] = await all([
              client.ask('add_participant', membership),
              client.ask('message', { conversation_id: group, content: 'Welcome!' }),
              client.ask('remove_participant', membership),
            ]);
            expect([sent?.seq, removed?.seq]).to.deep.equal([added?.seq + 1, added?.seq + 2]);
          }
        });

        it('remove and add in order: the user is a member in the end', async () => {
          const membership = { conversation_id: scene.full, user_id: scene.ben.id };
          for (let round = 0; round < ROUNDS; round += 1) {
            await all([client.ask('remove_participant', membership), client.ask('add_participant', membership)]);
            const { participants } = accepted(await client.ask('list_participants', { conversation_id: scene.full }));
            expect(participants).to.have.length(2);
          }
        });

        it('edit and delete in order: both have numbers, and the message stays deleted', async () => {
          for (let round = 0; round < ROUNDS; round += 1) {
            const { message_id } = await send(scene.ann, scene.chat);
            const [edited, deleted] = await all([
              client.ask('edit_message', { message_id, content: 'Edited.' }),
              client.ask('delete_message', { message_id }),
            ]);
            expect(deleted?.seq).to.equal(edited?.seq + 1);
          }
        });

        it('rename a group and the user in order', async () => {
          for (let round = 0; round < ROUNDS; round += 1) {
            const rename = (name: string) => client.ask('rename_conversation', { conversation_id: scene.group, name });
            const renameMe = (username: string) => client.ask('update_me', { username });
            const [first, second] = [`first.${round}.${scene.ann.id}`, `second.${round}.${scene.ann.id}`];
            await all([rename('first'), renameMe(first), rename('second'), renameMe(second)]);
            expect(accepted(await client.ask('me')).username).to.equal(second);
            expect((await scene.summaryOf(scene.group)).name).to.equal('second');
          }
        });

        it('start and stop typing in order', async () => {
          const listener = await scene.ben.raw();
          for (let round = 0; round < ROUNDS; round += 1) {
            const typing = { conversation_id: scene.chat };
            await all(
              ['typing_start', 'typing_stop', 'typing_start', 'typing_stop'].map((each) => client.ask(each, typing)),
            );
          }
          const mark = await send(scene.ann, scene.chat, 'the end');
          await listener.inbox.next('message', { message_id: mark.message_id });
          const received = listener.inbox.events.filter(({ type }) => type.startsWith('typing'));
          const expected = Array.from({ length: 2 * ROUNDS }, () => ['typing_start', 'typing_stop']).flat();
          expect(received.map(({ type }) => type)).to.deep.equal(expected);
          listener.close();
        });

        it('mark as read and leave in order', async () => {
          for (let round = 0; round < 5; round += 1) {
            const group = accepted(
              await scene.ben.rest.ask('create_group', { name: 'Short', member_ids: [scene.ann.id] }),
            ).conversation_id;
            const { message_id } = await send(scene.ben, group);
            await all([
              client.ask('read_receipt', { message_ids: [message_id] }),
              client.ask('remove_participant', { conversation_id: group, user_id: scene.ann.id }),
            ]);
          }
        });
      });
    }

    it('take effect in order when a client sends its buffered calls after a reconnection', async () => {
      const scene = await createWorld(app());
      const socket = io(`${app().url}/chat`, {
        auth: { token: scene.ann.token },
        forceNew: true,
        reconnectionDelay: 10,
      });
      await new Promise<void>((resolve) => socket.once('connect', resolve));
      for (let round = 0; round < 10; round += 1) {
        socket.io.engine.close();
        const contents = [1, 2, 3, 4].map((number) => `kept ${round}, ${number}`);
        const edit = (content: string) => socket.emitWithAck('edit_message', { message_id: scene.message, content });
        await Promise.all(contents.map(edit));
        expect(await scene.contents()).to.include(contents[3]);
      }
      socket.disconnect();
    });

    it('take effect in order when requests are pipelined over one HTTP connection', async () => {
      const scene = await createWorld(app());
      for (let round = 0; round < 10; round += 1) {
        const contents = [1, 2, 3, 4].map((number) => `pipelined ${round}, ${number}`);
        await pipelined(
          app().url,
          contents.map((content) => patch(scene.message, content, scene.ann.token)),
        );
        expect(await scene.contents()).to.include(contents[3]);
      }
    });
  },
  LIMITED,
);

async function createWorld(app: TestApp) {
  const [ann, ben] = await app.people('ann', 'ben');
  const chat = await privateOf(ann, ben);
  const make = async (member_ids: number[]) =>
    accepted(await ann.rest.ask('create_group', { name: 'Group', member_ids })).conversation_id as number;
  const [group, full] = [await make([]), await make([ben.id])];
  const { message_id: message } = await send(ann, chat);
  return {
    ann,
    ben,
    chat,
    group,
    full,
    message,
    async contents(): Promise<string[]> {
      const { messages } = accepted(await ann.rest.ask('list_messages', { conversation_id: chat, limit: 200 }));
      return messages.map(({ content }: { content: string }) => content);
    },
    async summaryOf(id: number): Promise<{ name: string }> {
      const { conversations } = accepted(await ann.rest.ask('list_conversations'));
      return conversations.find((each: { conversation_id: number }) => each.conversation_id === id);
    },
  };
}

const all = async (asked: readonly ReturnType<Client['ask']>[]) => (await Promise.all(asked)).map(accepted);

function patch(messageId: number, content: string, token: string): string {
  const body = JSON.stringify({ content });
  const head = [
    `PATCH /api/messages/${messageId} HTTP/1.1`,
    'Host: localhost',
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** Sends all requests at once, and waits for all answers. */
function pipelined(url: string, requests: readonly string[]): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(requests.join('')));
    let text = '';
    socket.on('error', reject);
    socket.on('data', (bytes) => {
      text += bytes;
      if ((text.match(/HTTP\/1\.1 200/g) ?? []).length < requests.length) return;
      socket.destroy();
      resolve();
    });
  });
}
