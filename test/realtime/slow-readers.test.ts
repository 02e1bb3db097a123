import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { WebSocket } from 'ws';
import { type Program, startProgram } from '../config/program.ts';
import { rawAt } from '../support/clients.ts';
import { People, type Person } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { type Smtp, startSmtp } from '../support/smtp.ts';
import { IS_SOAK } from '../support/soak.ts';
import { closeAll, connection, enter } from './connecting.ts';
import { flood } from './fixture.ts';

/** 12 kB each: more than 30 MB for each client that does not read. */
const MESSAGES = IS_SOAK ? 4_000 : 2_500;
const LONGEST = '好'.repeat(4096);
/** A server that buffers everything for the six clients needs 180 MB or more, and runs out of memory. */
const MOST_GROWTH_MB = 130;
const LITTLE_MEMORY = '--max-old-space-size=96 --max-semi-space-size=4';
const CUT_WITHIN_MS = 15_000;

/** A client that has stopped reading. */
type Slow = { person: Person; resume(): void; ended: Promise<unknown> };

describe('Clients that do not read', () => {
  let folder: string;
  let smtp: Smtp;
  let program: Program;
  let people: People;
  before(async function () {
    this.timeout(120_000); // it starts slowly with so little memory
    folder = makeTemporaryFolder('slow');
    smtp = await startSmtp();
    program = await startProgram(folder, { SMTP_URL: smtp.url, RATE_LIMITS: 'off', NODE_OPTIONS: LITTLE_MEMORY });
    people = new People(program.url, smtp);
  });
  after(async () => {
    people.closeClients();
    closeAll();
    await program.stop();
    await smtp.stop();
    removeTemporaryFolder(folder);
  });

  function memoryMb(): number {
    const file = `/proc/${program.pid}/status`;
    if (!existsSync(file)) return Number.POSITIVE_INFINITY; // the process has ended
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(file, 'utf8'))?.[1]) / 1024;
  }

  async function slowRaw(person: Person): Promise<Slow> {
    const { socket, closed } = await rawAt(`${program.url.replace('http', 'ws')}/api/ws?token=${person.token}`);
    socket.on('error', () => undefined); // the connection can be reset
    socket.pause();
    return { person, resume: () => socket.resume(), ended: closed };
  }

  async function slowSocketIo(person: Person): Promise<Slow> {
    const manager = connection(program.url);
    const chat = await enter(manager, '/chat', person.token);
    const { ws } = manager.engine.transport as unknown as { ws: WebSocket };
    const ended = new Promise((resolve) => chat.once('disconnect', resolve));
    ws.pause();
    return { person, resume: () => ws.resume(), ended };
  }

  /** A long-polling client that does not poll. */
  async function slowPolling(person: Person): Promise<Slow> {
    const address = `${program.url}/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await (await fetch(address)).text()).slice(1));
    const post = await fetch(`${address}&sid=${sid}`, {
      method: 'POST',
      body: `40/chat,${JSON.stringify({ token: person.token })}`,
    });
    expect(await post.text()).to.equal('ok');
    expect(await (await fetch(`${address}&sid=${sid}`)).text()).to.include('40/chat');
    const later = Promise.withResolvers<unknown>();
    const poll = () => fetch(`${address}&sid=${sid}`).then(({ status }) => later.resolve(status));
    return { person, resume: () => void poll(), ended: later.promise };
  }

  /** A sender, a client that receives only presence, and six clients that do not read, on every transport. */
  async function scene() {
    const names = ['sender', 'watcher', ...Array.from({ length: 6 }, () => 'slow')];
    const [sender, watcher, ...members] = (await Promise.all(names.map((name) => people.signUp(name)))) as [
      Person,
      Person,
      ...Person[],
    ];
    const member_ids = members.map(({ id }) => id);
    const { conversation_id } = await sender.rest.ask('create_group', { name: 'Flood', member_ids });
    for (const id of member_ids) await watcher.rest.ask('open_private_conversation', { other_user_id: id });
    const watching = await watcher.socketio();
    const kinds = [slowRaw, slowRaw, slowSocketIo, slowSocketIo, slowPolling, slowPolling];
    const slow = await Promise.all(members.map((person, index) => (kinds[index] ?? slowRaw)(person)));
    const allAre = (content: string) =>
      Promise.all(
        member_ids.map((sender_id) => watching.inbox.next('presence', { sender_id, content }, CUT_WITHIN_MS)),
      );
    await allAre('online');
    return { source: await sender.raw(), conversation_id, slow, allAre };
  }

  it('are disconnected within seconds while others chat, with bounded memory, and get everything by sync', async () => {
    const { source, conversation_id, slow, allAre } = await scene();
    const before = memoryMb();
    let most = before;
    const looking = setInterval(() => {
      most = Math.max(most, memoryMb());
    }, 20);
    const flow = flood(source, conversation_id, LONGEST);
    await allAre('offline').finally(() => clearInterval(looking));
    while (flow.sent() < MESSAGES) await source.ask('me');
    await flow.stop();
    expect(Math.max(most, memoryMb()) - before).to.be.below(MOST_GROWTH_MB);

    for (const { resume } of slow) resume();
    const [raw, , socketIo, , polling] = await Promise.all(slow.map(({ ended }) => ended));
    expect(raw).to.be.oneOf([1013, 1006]); // a close frame arrives only if the client reads in time
    expect(socketIo).to.equal('transport close');
    expect(polling, 'its connection is unknown').to.equal(400);
    for (const { person } of slow) {
      const { conversations } = await person.rest.ask('sync', { conversations: {} });
      expect(conversations[conversation_id].seq).to.equal(flow.sent());
    }
  }).timeout(120_000);
});
