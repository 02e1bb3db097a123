import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import { rawAt } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { closeAll, upgrade } from './connecting.ts';

const LARGEST_BYTES = 65_536;
type Frame = Record<string, unknown>;

describe('A plain WebSocket', () => {
  let app: TestApp;
  let alice: Person;
  let bob: Person;
  let conversation_id: number;
  before(async () => {
    app = await startApp();
    [alice, bob] = await app.people('alice', 'bob');
    ({ conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id }));
  });
  after(() => app.stop());
  afterEach(() => {
    closeAll();
    for (const close of opened.splice(0)) close();
  });
  const opened: (() => void)[] = [];

  /** A client with every frame unparsed, except presence, which arrives at any time. */
  async function open(person = alice) {
    const client = await rawAt(`${app.url.replace('http', 'ws')}/api/ws?token=${person.token}`);
    opened.push(client.close);
    const frames: Frame[] = [];
    const waiting: (() => void)[] = [];
    client.socket.on('message', (data, isBinary) => {
      const frame: Frame = JSON.parse(String(data));
      if (frame.type === 'presence') return;
      frames.push({ ...frame, ...(isBinary && { isBinary }) });
      for (const wake of waiting.splice(0)) wake();
    });
    const send = (frame: unknown) => client.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
    async function next(): Promise<Frame> {
      while (frames.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      return frames.shift() as Frame; // not empty
    }
    return { ...client, send, next };
  }

  it('returns every ref unchanged with the answer', async () => {
    const { send, next } = await open();
    for (const ref of [1, 0, -1, Number.MAX_SAFE_INTEGER, 'one', '', '1', 'ünïcödé "quoted"', '🦫'.repeat(64)]) {
      send({ type: 'me', ref });
      expect(await next()).to.include({ type: 'ack', ref, ok: true, id: alice.id });
      send({ type: 'message', ref, conversation_id });
      const refused = await next();
      expect(refused).to.include({ type: 'ack', ref, ok: false });
      expect(refused.error).to.deep.include({ code: 'invalid_input' });
    }
  });

  it('gets an error for a ref that cannot be returned unchanged, and such a frame has no effect', async () => {
    const { send, next } = await open();
    const listed = async () => (await alice.rest.ask('list_messages', { conversation_id })).messages.length;
    const before = await listed();
    const message = `"type":"message","conversation_id":${conversation_id},"content":"x"`;
    for (const ref of [
      '809894640329149302',
      '9007199254740993',
      '1.5',
      '1e999',
      'true',
      '[]',
      '{"a":1}',
      `"${'x'.repeat(65)}"`,
    ]) {
      send(`{${message},"ref":${ref}}`);
      const answer = await next();
      expect(answer, ref).to.include({ type: 'error', ok: false });
      expect(answer.error, ref).to.deep.include({ code: 'invalid_input' });
      expect((answer.error as { fields: { field: string }[] }).fields[0]?.field).to.equal('ref');
      expect(answer).not.to.have.property('ref');
    }
    expect(await listed()).to.equal(before);
  });

  it('treats a ref of null as absent', async () => {
    const { send, next } = await open();
    send('{"type":"nonsense","ref":null}');
    expect(await next()).to.deep.include({ type: 'error', ok: false });
  });

  it('sends no answer for a success without a ref', async () => {
    const { send, next } = await open();
    const receiver = await bob.raw();
    send({ type: 'message', conversation_id, content: 'Silently' });
    expect(await receiver.inbox.next('message')).to.include({ content: 'Silently', sender_id: alice.id });
    send({ type: 'me', ref: 'next' });
    expect(await next()).to.include({ type: 'ack', ref: 'next' });
  });

  it('gets an error for a failure without a ref', async () => {
    const { send, next } = await open();
    for (const [frame, code] of [
      [{ type: 'message', conversation_id: 999_999, content: 'x' }, 'not_participant'],
      [{ type: 'message', conversation_id }, 'invalid_input'],
      [{ type: 'nonsense' }, 'unknown_operation'],
      [{ type: '__proto__' }, 'unknown_operation'],
      [{ type: 'login', username: 'a', password: 'b' }, 'unknown_operation'],
    ] as const) {
      send(frame);
      const answer = await next();
      expect(answer).to.include({ type: 'error', ok: false });
      expect(answer.error).to.deep.include({ code });
      expect(answer).not.to.have.property('ref');
    }
  });

  it('gets an error for text that is no JSON object with a type, and stays open', async () => {
    const { send, next } = await open();
    for (const frame of [
      '',
      'hello',
      '{',
      '[]',
      '[{"type":"me"}]',
      'null',
      '1',
      '"me"',
      '{}',
      '{"type":1}',
      '{"type":null}',
    ]) {
      send(frame);
      const answer = await next();
      expect(answer, frame).to.include({ type: 'error', ok: false });
      expect((answer.error as { message: string }).message).to.include('JSON object with a type');
      send({ type: 'me', ref: frame });
      expect(await next(), frame).to.include({ type: 'ack', ref: frame, ok: true });
    }
  });

  it('gets an error for a binary frame, even with JSON', async () => {
    const { socket, next } = await open();
    socket.send(Buffer.from(JSON.stringify({ type: 'me', ref: 1 })), { binary: true });
    expect(await next()).to.include({ type: 'error', ok: false });
  });

  it('is closed with 1008 after ten bad frames in a row, and not before', async () => {
    const { socket, send, next, closed } = await open();
    const bad = async (times: number) => {
      for (let round = 0; round < times; round += 1) {
        if (round % 2 === 0) send('bad');
        else socket.send(Buffer.from([0xff]), { binary: true });
      }
      for (let round = 0; round < times; round += 1) expect(await next()).to.include({ type: 'error' });
    };
    await bad(9);
    send({ type: 'me', ref: 1 });
    expect(await next(), 'nine are not ten').to.include({ type: 'ack', ok: true });
    await bad(9);
    send({ type: 'nonsense', ref: 2 });
    expect(await next(), 'what is refused is not bad').to.include({ type: 'ack', ok: false });
    await bad(10);
    expect(await closed).to.equal(1008);
  });

  it('is closed with 1009 by a frame over 64 kB', async () => {
    for (const bytes of [LARGEST_BYTES + 1, 70_000, 4_000_000]) {
      const { send, closed } = await open();
      send(JSON.stringify({ type: 'me', padding: 'x'.repeat(bytes) }).slice(0, bytes));
      expect(await closed, `${bytes} bytes`).to.equal(1009);
    }
  });

  it('accepts a frame of 64 kB', async () => {
    const { send, next } = await open();
    const frame = { type: 'me', ref: 1, padding: '' };
    const padding = 'x'.repeat(LARGEST_BYTES - JSON.stringify(frame).length);
    send({ ...frame, padding });
    expect(await next()).to.include({ type: 'ack', ref: 1, ok: true });
  });

  it('is refused during the upgrade without a valid token, and accepts cookie, header and query', async () => {
    for (const [path, headers] of [
      ['/api/ws', {}],
      ['/api/ws?token=', {}],
      ['/api/ws?token=x', {}],
      ['/api/ws?token=x', { cookie: alice.cookie }],
      ['/api/ws', { cookie: 'token=x' }],
      ['/api/ws', { authorization: 'Basic abc' }],
    ] as const) {
      expect(await upgrade(app.url, path, headers), path).to.include({ status: 401, code: 'unauthenticated' });
    }
    for (const [path, headers] of [
      [`/api/ws?token=${alice.token}`, {}],
      ['/api/ws', { cookie: alice.cookie }],
      ['/api/ws', { authorization: `Bearer ${alice.token}` }],
    ] as const) {
      expect(await upgrade(app.url, path, headers), path).to.include({ status: 101 });
    }
    expect((await fetch(`${app.url}/api/ws`, { headers: { cookie: alice.cookie } })).status).to.equal(426);
    expect((await upgrade(app.url, `/api/other?token=${alice.token}`)).status).to.equal(404);
  });
});
