import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { io } from 'socket.io-client';
import { open } from '../cluster/wire.ts';
import { numbersOf } from '../operating/operator.ts';
import type { Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { askAnew, askJson, type Server, startServer, WIRES } from './server.ts';

/** What was written before an acknowledgement may be read after it. */
const IN_FLIGHT_MS = 50;

describe('Two workers behind one port', function () {
  this.timeout(30_000);
  let server: Server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.end());

  async function pair(): Promise<{ one: Person; other: Person; conversation_id: number }> {
    const [one, other] = [await server.people.signUp('one'), await server.people.signUp('other')];
    const opened = await one.rest.ask('open_private_conversation', { other_user_id: other.id });
    return { one, other, conversation_id: opened.conversation_id };
  }
  /** Clients over every transport, in both workers each. */
  async function everywhere(who: Person): Promise<Client[]> {
    const clients: Client[] = [];
    for (const wire of WIRES) clients.push(...(await server.spread(who, wire)));
    return clients;
  }
  const close = (clients: readonly Client[]) => clients.forEach((client) => void client.close());

  it('say so at the start, once', () => {
    const lines = server.output().split('\n');
    expect(lines.filter((line) => line.startsWith('MmChat listens on'))).to.have.length(1);
    expect(lines).to.include('  workers   2');
    expect(server.workers()).to.have.length(2);
  });

  it('tell every client the same events, over every transport, whichever worker it is in', async () => {
    const { one, other, conversation_id } = await pair();
    const hearers = await everywhere(other);
    const speakers = await everywhere(one);
    const sent: number[] = [];
    for (const [index, speaker] of speakers.entries()) {
      const { ok, message_id } = await speaker.ask('message', { conversation_id, content: `number ${index}` });
      expect(ok).to.equal(true);
      sent.push(message_id);
    }
    await speakers[0]?.ask('edit_message', { message_id: sent[0], content: 'edited' });
    for (const { inbox } of hearers) {
      await inbox.next('edited_message', { message_id: sent[0], content: 'edited' });
      const heard = inbox.all('message').sort((a, b) => a.seq - b.seq);
      expect(heard.map(({ message_id }) => message_id)).to.deep.equal(sent);
    }
    close([...hearers, ...speakers]);
  });

  it('answer every poll of a session, whichever of them gets it', async () => {
    const { one } = await pair();
    const address = `${server.url}/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await askAnew(address)).body.slice(1));
    const poll = `${address}&sid=${sid}`;
    const text = { 'content-type': 'text/plain;charset=UTF-8' };
    const large = JSON.stringify({ token: one.token, padding: 'x'.repeat(50_000) });
    for (const body of [`40/chat,${large}`, ...Array.from({ length: 9 }, () => '42/chat,["nothing"]')])
      expect(await askAnew(poll, { method: 'POST', headers: text, body })).to.include({ status: 200, body: 'ok' });
    let heard = '';
    while (heard.split('unknown_operation').length <= 9) {
      const { status, body } = await askAnew(poll);
      expect(status).to.equal(200);
      heard += body;
    }
    expect(heard).to.include('40/chat,{"sid":');
    expect((await askAnew(poll, { method: 'POST', headers: text, body: '1' })).status, 'it says that it goes').to.equal(
      200,
    );
    const gone = await askAnew(`${address}&sid=99-${sid}`);
    expect(gone).to.include({ status: 400, body: '{"code":1,"message":"Session ID unknown"}' });
  });

  it('let a session that polls become a WebSocket, whichever of them gets the upgrade', async () => {
    const { one, other, conversation_id } = await pair();
    for (let index = 0; index < 4; index += 1) {
      const socket = io(`${server.url}/chat`, { auth: { token: one.token }, forceNew: true, reconnection: false });
      await new Promise<void>((resolve) => socket.io.engine.once('upgrade', () => resolve()));
      if (!socket.connected) await new Promise<void>((resolve) => socket.once('connect', resolve));
      const heard = new Promise<void>((resolve) => socket.once('message', () => resolve()));
      await other.rest.ask('message', { conversation_id, content: 'Hello!' });
      await heard;
      expect(socket.io.engine.transport.name).to.equal('websocket');
      expect(await socket.timeout(5_000).emitWithAck('me', {})).to.include({ ok: true, id: one.id });
      socket.disconnect();
    }
  });

  it('serve bodies of any allowed size, and connections that are kept', async () => {
    const { one, conversation_id } = await pair();
    const send = (padding: number) =>
      askJson(`${server.url}/api/messages`, { conversation_id, content: 'Hello!', padding: 'x'.repeat(padding) }, one);
    for (let index = 0; index < 2; index += 1) {
      expect((await send(60_000)).status).to.equal(200);
      expect((await send(70_000)).status).to.equal(413);
    }
    const kept = await fetch(`${server.url}/api/me`, { headers: { authorization: `Bearer ${one.token}` } });
    expect(kept.headers.get('connection')).to.equal('keep-alive');
  });

  it('end a session in both at once when it is logged out in one', async () => {
    const { one, other, conversation_id } = await pair();
    const clients = await everywhere(one);
    const me = () => askAnew(`${server.url}/api/me`, { headers: { authorization: `Bearer ${one.token}` } });
    for (let index = 0; index < 4; index += 1) expect((await me()).status).to.equal(200);
    expect((await askJson(`${server.url}/api/logout`, {}, one)).status).to.equal(200);
    for (let index = 0; index < 4; index += 1) expect((await me()).status).to.equal(401);
    await Promise.all(clients.map(({ closed }) => closed));
    await other.rest.ask('message', { conversation_id, content: 'Still there?' });
    for (const { inbox } of clients) expect(inbox.all('message')).to.deep.equal([]);
  });

  it('know who is online in either, and tell it once', async () => {
    const { one, other } = await pair();
    const [watching] = await server.spread(one, 'raw');
    const theirs = await server.spread(other, 'websocket');
    await watching?.inbox.next('presence', { sender_id: other.id, content: 'online' });
    const online = async () => (await one.rest.ask('list_conversations')).conversations[0].other_user_online;
    theirs.pop()?.close();
    await delay(1_500); // a change of presence is told within a second
    expect(watching?.inbox.all('presence').map(({ content }) => content)).to.deep.equal(['online']);
    expect(await online()).to.equal(true);
    close(theirs);
    await watching?.inbox.next('presence', { sender_id: other.id, content: 'offline' });
    expect(await online()).to.equal(false);
  });

  it('tell nothing to who was removed, from the acknowledgement on, while both send at full speed', async () => {
    const [admin, sender, removed] = [
      await server.people.signUp('admin'),
      await server.people.signUp('sender'),
      await server.people.signUp('removed'),
    ];
    const group = { name: 'Study Group', member_ids: [sender.id, removed.id] };
    const { conversation_id } = await admin.rest.ask('create_group', group);
    const theirs = await server.spread(removed, 'raw');
    const staying = await server.spread(sender, 'websocket');
    let isOver = false;
    const heard: { at: number }[] = [];
    const listening = await open(server.url, removed.token, 'raw', (event) => {
      if (event.type === 'message') heard.push({ at: Date.now() });
    });
    const speaking = staying.flatMap((speaker) =>
      [1, 2, 3].map(async () => {
        while (!isOver) await speaker.ask('message', { conversation_id, content: 'Hello!' });
      }),
    );
    while (heard.length < 100) await delay(5);
    const { ok } = await admin.rest.ask('remove_participant', { conversation_id, user_id: removed.id });
    const since = Date.now();
    expect(ok).to.equal(true);
    await delay(IN_FLIGHT_MS);
    const before = theirs.map(({ inbox }) => inbox.all('message').length);
    await delay(500);
    isOver = true;
    await Promise.all(speaking);
    expect(heard.filter(({ at }) => at > since + IN_FLIGHT_MS)).to.deep.equal([]);
    expect(theirs.map(({ inbox }) => inbox.all('message').length)).to.deep.equal(before);
    expect(staying[0]?.inbox.all('message').length, 'need others to have gone on').to.be.above(before[0] ?? 0);
    listening.close();
    close([...theirs, ...staying]);
  });

  it('sending at full speed into one conversation give every message one number, without a gap', async () => {
    const { one, other, conversation_id } = await pair();
    const speakers = [...(await server.spread(one, 'raw')), ...(await server.spread(other, 'websocket'))];
    const each = 150;
    const answers = await Promise.all(
      speakers.flatMap((speaker, index) =>
        Array.from({ length: each }, (_, number) => {
          const content = `${index} ${number}`;
          return speaker.ask('message', { conversation_id, content, client_message_id: content });
        }),
      ),
    );
    expect(answers.filter(({ ok }) => !ok)).to.deep.equal([]);
    const all = Array.from({ length: speakers.length * each }, (_, index) => index + 1);
    expect(answers.map(({ seq }) => seq).sort((a, b) => a - b)).to.deep.equal(all);
    const again = await speakers[0]?.ask('message', { conversation_id, content: '1 0', client_message_id: '0 0' });
    expect(again?.message_id, 'the same one').to.equal(answers[0]?.message_id);
    const { conversations } = await other.rest.ask('list_conversations');
    const byOne = answers.filter(({ sender_id }) => sender_id === one.id);
    expect(conversations[0].unread_count, 'as a recount would say').to.equal(byOne.length);
    close(speakers);
  });

  it('give the numbers of both to whoever asks either', async () => {
    for (let index = 0; index < 2; index += 1) {
      const numbers = await numbersOf(server.url);
      for (const worker of ['1', '2']) {
        expect(numbers.get(`process_resident_memory_bytes{worker="${worker}"}`)).to.be.above(10_000_000);
        expect(numbers.get(`mmchat_cluster_nodes{worker="${worker}"}`)).to.equal(2);
        expect(numbers.get(`mmchat_operations_total{operation="message",result="ok",worker="${worker}"}`)).to.be.above(
          0,
        );
      }
    }
  });
});
