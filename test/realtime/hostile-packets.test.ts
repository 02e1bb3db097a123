import { expect } from 'chai';
import type { WebSocket } from 'ws';
import { startApp, type TestApp } from '../support/app.ts';
import type { Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { limitMs } from '../support/soak.ts';
import { bare, closeAll } from './connecting.ts';

const DEEP = 30_000;
const deep = `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`;
const deepObject = `${'{"a":'.repeat(DEEP / 3)}1${'}'.repeat(DEEP / 3)}`;
const many = `[${Array.from({ length: 15_000 }, () => '"a"').join()}]`;

/** Events with an invalid argument or acknowledgement. Each requests an acknowledgement with the number 1. */
const EVENTS = [
  '["message"]',
  '["message",null]',
  '["message",7]',
  '["message",true]',
  '["message","text"]',
  '["message",[]]',
  '["message",{},{},{}]',
  '["message",{"conversation_id":{},"content":[]}]',
  '["message",{"__proto__":{"conversation_id":1,"content":"x"}}]',
  '["message",{"conversation_id":1e400,"content":"\\ud800"}]',
  `["message",${deep}]`,
  `["message",${deepObject}]`,
  `["message",{"conversation_id":${deep},"content":"x"}]`,
  `["message",{"conversation_id":1,"content":${deepObject}}]`,
  `["message",{"conversation_id":1,"content":"${'x'.repeat(60_000)}"}]`,
  `["read_receipt",{"message_ids":${many}}]`,
  `["read_receipt",{"message_ids":${deep}}]`,
  `["create_group",{"name":"x","member_ids":${many}}]`,
  `["sync",{"conversations":${deep}}]`,
  `["sync",{"conversations":${deepObject}}]`,
  '["sync",{"conversations":{"__proto__":1,"constructor":2,"1":"x"}}]',
  '["__proto__",{}]',
  '["constructor",{}]',
  '["hasOwnProperty"]',
  '["",{}]',
  '["error"]',
  '["error",null]',
  '["error",{"name":{}}]',
  '[7,{}]',
];

/** Packets that are no events: the server may close the connection, but has to keep running. */
const PACKETS = [
  '42/chat,["message",{},"not a function"]',
  '42/chat,["error"]',
  '42/chat,["error",null]',
  '42/chat,["disconnect"]',
  '42/chat,["disconnecting"]',
  '42/chat,["connect_error"]',
  '42/chat,["newListener",1,2]',
  '42/chat,[]',
  '42/chat,[null]',
  '42/chat,[{}]',
  '42/chat,{}',
  '42/chat,[',
  '42/chat,',
  '42/nowhere,["me"]',
  '42["me"]',
  '42',
  '4',
  '',
  '40/chat,null',
  '40/chat,[]',
  '40/chat,{"token":{"a":1}}',
  `40/presence,${deepObject}`,
  '41/chat,',
  '43/chat,1[]',
  '43/chat,99[{"ok":true}]',
  '44/chat,{}',
  '47/chat,',
  '9',
  'garbage',
  '42/chat,99999999999999999999["me"]',
  '451-/chat,["message",{"_placeholder":true,"num":0}]',
  '451-/chat,["message",{"_placeholder":true,"num":7}]',
  '45999999999-/chat,["message"]',
  '45-/chat,["message"]',
  '461-/chat,1[{"_placeholder":true,"num":0}]',
  `42/chat,["message","${'x'.repeat(80_000)}"]`,
];

describe('A hostile Socket.IO client', () => {
  let app: TestApp;
  let alice: Person;
  let bystander: Client;
  before(async () => {
    app = await startApp();
    const [one, bob] = await app.people('alice', 'bob');
    alice = one;
    bystander = await bob.socketio();
  });
  after(() => app.stop());
  afterEach(closeAll);

  async function enter(): Promise<WebSocket> {
    const socket = await bare(app.url);
    const entered = answerTo(socket, '40/chat,');
    socket.setMaxListeners(0).send(`40/chat,${JSON.stringify({ token: alice.token })}`);
    await entered;
    return socket;
  }

  const answerTo = (socket: WebSocket, start: string) =>
    new Promise<string>((resolve, reject) => {
      socket.on('message', function listen(data) {
        if (!String(data).startsWith(start)) return;
        socket.off('message', listen);
        resolve(String(data).slice(start.length));
      });
      socket.once('close', () => reject(new Error('the connection was closed')));
    });

  /** Waits until everything sent has been read, or the connection is closed. */
  const read = (socket: WebSocket) =>
    new Promise((resolve) => {
      socket.once('close', resolve).once('pong', resolve);
      socket.ping();
    });

  async function expectUnharmed(): Promise<void> {
    expect(await alice.rest.ask('me')).to.include({ ok: true, id: alice.id });
    expect(await bystander.ask('me')).to.include({ ok: true });
  }

  it('gets an error for an event with any content, within a second', async () => {
    const socket = await enter();
    for (const event of EVENTS) {
      const began = performance.now();
      const answered = answerTo(socket, '43/chat,1');
      socket.send(`42/chat,1${event}`);
      const answer = JSON.parse(await answered);
      const what = event.slice(0, 60);
      expect(answer?.[0]?.ok, what).to.equal(false);
      expect(answer[0].error.code, what).to.be.oneOf(['invalid_input', 'unknown_operation', 'not_participant']);
      expect(performance.now() - began, what).to.be.below(limitMs(1_000));
    }
    await expectUnharmed();
  });

  it('harms only itself with invalid packets', async () => {
    for (const packet of PACKETS) {
      const socket = await enter();
      socket.send(packet);
      socket.send('42/chat,77["me"]');
      await read(socket);
      socket.terminate();
      await expectUnharmed();
    }
  });

  it('harms nobody with binary data, or with half a handshake', async () => {
    for (const binary of [Buffer.alloc(0), Buffer.from('42/chat,["me"]'), Buffer.alloc(60_000)]) {
      const socket = await enter();
      socket.send(binary);
      await read(socket);
      socket.terminate();
    }
    for (const query of [
      '',
      '?EIO=4',
      '?EIO=3&transport=polling',
      '?EIO=4&transport=polling&sid=x',
      '?EIO=4&transport=x',
    ]) {
      expect((await fetch(`${app.url}/socket.io/${query}`)).status, query).to.equal(400);
    }
    await expectUnharmed();
  });
});
