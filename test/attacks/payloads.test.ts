import { expect } from 'chai';
import { io } from 'socket.io-client';
import { startApp, type TestApp } from '../support/app.ts';
import type { Answer } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { openWebSocket, Polling, SEPARATOR, untilClosed } from './engine.ts';

const LARGEST_PACKET_BYTES = 65_536;
const LARGEST_PAYLOAD_BYTES = 1_048_576;
const MOST_PACKETS = 64;

describe('A long-polling request', () => {
  let app: TestApp;
  let alice: Person;
  let conversation_id: number;
  before(async () => {
    app = await startApp();
    const [one, bob] = await app.people('alice', 'bob');
    alice = one;
    ({ conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id }));
  });
  after(() => app.stop());

  async function enter(): Promise<Polling> {
    const polling = await Polling.open(app.url);
    await polling.post(`40/chat,${JSON.stringify({ token: alice.token })}`);
    expect((await polling.poll())?.[0]).to.match(/^40\/chat/);
    return polling;
  }

  const event = (ref: number, padding = 0) => `42/chat,${ref}["me",{"padding":"${'x'.repeat(padding)}"}]`;
  /** An event of the given size in bytes. */
  const ofBytes = (bytes: number) => event(1, bytes - event(1).length);

  const contents = Array.from({ length: 10 }, (_, index) => `${index}${'好'.repeat(4_000)}`);

  it('may contain ten long messages, as old clients send them after a pause', async () => {
    const carol = await app.person('carol');
    const group = { name: 'Chess', member_ids: [alice.id] };
    const { conversation_id } = await carol.rest.ask('create_group', group);
    const polling = await enter();
    const sends = contents.map(
      (content, ref) => `42/chat,${ref}${JSON.stringify(['message', { conversation_id, content }])}`,
    );
    expect((await polling.post(sends.join(SEPARATOR))).status).to.equal(200);
    const answers: string[] = [];
    while (answers.length < sends.length) answers.push(...((await polling.poll()) ?? ['closed']));
    for (const answer of answers) expect(answer).to.match(/^43\/chat,\d\[\{"ok":true/);
    const { messages } = await alice.rest.ask('list_messages', { conversation_id, limit: contents.length });
    expect(messages.map(({ content }: { content: string }) => content).reverse()).to.deep.equal(contents);
  });

  it('may contain ten long messages of a current client: all are stored, in order', async () => {
    const socket = io(`${app.url}/chat`, { auth: { token: alice.token }, transports: ['polling'], forceNew: true });
    const sent = contents.map((content) => socket.timeout(5_000).emitWithAck('message', { conversation_id, content }));
    const answers = (await Promise.all(sent)) as Answer[];
    socket.disconnect();
    for (const answer of answers) expect(answer).to.include({ ok: true });
    const { messages } = await alice.rest.ask('list_messages', { conversation_id });
    expect(messages.map(({ content }: { content: string }) => content).reverse()).to.deep.equal(contents);
  });

  it(`may contain ${MOST_PACKETS} packets of at most 64 kB each and 1 MB in total`, async () => {
    const polling = await enter();
    const most = Array.from({ length: MOST_PACKETS }, (_, ref) => event(ref));
    expect((await polling.post(most.join(SEPARATOR))).status).to.equal(200);
    const answers: string[] = [];
    while (answers.length < MOST_PACKETS) answers.push(...((await polling.poll()) ?? ['closed']));
    expect(answers.every((answer) => answer.startsWith('43/chat,'))).to.equal(true);
    expect((await polling.post(ofBytes(LARGEST_PACKET_BYTES))).status).to.equal(200);
    expect((await polling.poll())?.[0]).to.match(/^43\/chat,1/);
    const large = Array.from({ length: 15 }, () => ofBytes(LARGEST_PACKET_BYTES));
    expect((await polling.post(large.join(SEPARATOR))).status).to.equal(200);
  });

  const refused: [what: string, body: () => string | Uint8Array<ArrayBuffer>, status: number, code: string][] = [
    [
      'one packet more',
      () => Array.from({ length: 65 }, (_, ref) => event(ref)).join(SEPARATOR),
      400,
      'invalid_handshake',
    ],
    ['a packet of one byte more', () => ofBytes(LARGEST_PACKET_BYTES + 1), 413, 'body_too_large'],
    ['more than 1 MB', () => 'x'.repeat(LARGEST_PAYLOAD_BYTES + 1), 413, 'body_too_large'],
    ['far more than 1 MB', () => 'x'.repeat(4 * LARGEST_PAYLOAD_BYTES), 413, 'body_too_large'],
    ['a megabyte of separators', () => SEPARATOR.repeat(LARGEST_PAYLOAD_BYTES), 400, 'invalid_handshake'],
    ['text that is not UTF-8', () => new Uint8Array([0x34, 0x32, 0xff, 0xfe]), 400, 'invalid_handshake'],
  ];
  for (const [what, body, status, code] of refused) {
    it(`is refused with ${status}, and the connection closed, if it contains ${what}`, async () => {
      const polling = await enter();
      const answer = await polling.post(body());
      expect(answer.status).to.equal(status);
      expect(await answer.json()).to.include({ success: false, code });
      expect(await polling.poll()).to.equal(undefined);
      expect(await alice.rest.ask('me')).to.include({ ok: true });
    });
  }
});

describe('A frame of a Socket.IO WebSocket', () => {
  it('may have 64 kB; one byte more closes the connection with 1009', async () => {
    const app = await startApp();
    try {
      const socket = await openWebSocket(app.url);
      socket.send('x'.repeat(LARGEST_PACKET_BYTES + 1));
      expect((await untilClosed(socket)).code).to.equal(1009);
    } finally {
      await app.stop();
    }
  });
});
