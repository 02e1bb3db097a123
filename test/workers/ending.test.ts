import { expect } from 'chai';
import { Follower } from '../cluster/follower.ts';
import { until } from '../cluster/waiting.ts';
import { numbersOf } from '../operating/operator.ts';
import type { Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { askAnew, type Server, startServer } from './server.ts';

const OFFLINE_WITHIN_MS = 30_000;
const STOPPED_WITHIN_MS = 10_000;

describe('When one of two workers is killed', function () {
  this.timeout(60_000);
  let server: Server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.end());

  /** The process that a client's connection is in. */
  async function workerOf(place: string): Promise<number> {
    const started = [...(await numbersOf(server.url))].flatMap(([name, value]) => {
      const found = /^process_start_time_seconds\{worker="(\d)"\}$/.exec(name)?.[1];
      return found === undefined ? [] : [{ place: found, at: value }];
    });
    started.sort((a, b) => a.at - b.at); // as they were forked
    return server.workers()[started.findIndex((each) => each.place === place)] ?? 0;
  }

  it('its clients come back and have missed nothing, who does not is offline once, and another takes its place', async () => {
    const names = ['speaker', 'mobile', 'lost', 'watcher'];
    const people: Person[] = [];
    for (const name of names) people.push(await server.people.signUp(name));
    const [speaker, mobile, lost, watcher] = people as [Person, Person, Person, Person];
    const member_ids = people.map(({ id }) => id);
    const { conversation_id } = await speaker.rest.ask('create_group', { name: 'Study Group', member_ids });
    const doomed = await server.open(lost, 'raw');
    const watching = (await server.spread(watcher, 'raw')) as [Client, Client];
    const followers = (['raw', 'socketio', 'polling', 'raw'] as const).map(
      (wire) => new Follower(mobile, [server.url], wire),
    );
    await until('they have caught up', () => followers.every(({ caughtUpAt }) => caughtUpAt > 0));
    const pid = await workerOf(doomed.place);

    process.kill(pid, 'SIGKILL');
    const meanwhile = Array.from({ length: 40 }, () => askAnew(`${server.url}/healthz`));
    await Promise.allSettled(meanwhile); // those that the dead one was given are closed, and do not wait for ever
    expect(await doomed.client.closed).to.equal(1006);
    const staying = new Follower(speaker, [server.url], 'raw');
    await until('it is there', () => staying.caughtUpAt > 0);
    for (let index = 0; index < 20; index += 1)
      expect(await staying.ask('message', { conversation_id, content: `${index}` })).to.include({ ok: true });
    for (const each of followers)
      await until('it shows what it missed', () => each.contents(conversation_id)?.length === 20);
    await until('another takes its place', () => server.workers().length === 2 && !server.workers().includes(pid));
    const survivor = watching.find(({ inbox }) => inbox.events.length > 0) ?? watching[0];
    const still = await Promise.race(watching.map(async (each) => ((await each.ask('me')).ok ? each : survivor)));
    await still.inbox.next('presence', { sender_id: lost.id, content: 'offline' }, OFFLINE_WITHIN_MS);
    const offline = still.inbox.all('presence').filter(({ content }) => content === 'offline');
    expect(
      offline.map(({ sender_id }) => sender_id),
      'once, and nobody who is there',
    ).to.deep.equal([lost.id]);
    await until('both count', async () => {
      const numbers = await numbersOf(server.url);
      return ['1', '2'].every((place) => numbers.get(`mmchat_cluster_nodes{worker="${place}"}`) === 2);
    });
    for (const each of [...followers, staying]) each.stop();
  });
});

describe('Two workers that are told to stop', function () {
  this.timeout(30_000);
  let server: Server;
  beforeEach(async () => {
    server = await startServer();
  });
  afterEach(() => server?.end());

  it('answer what is under way, tell their clients to reconnect, and end with 0 within 10 s', async () => {
    const one = await server.people.signUp('one');
    const other = await server.people.signUp('other');
    const { conversation_id } = await one.rest.ask('open_private_conversation', { other_user_id: other.id });
    const raws = await server.spread(one, 'raw');
    const sockets = [...(await server.spread(one, 'websocket')), ...(await server.spread(one, 'polling'))];
    const sends = raws.flatMap((client, by) =>
      Array.from({ length: 50 }, (_, index) => client.ask('message', { conversation_id, content: `${by} ${index}` })),
    );
    await Promise.all([sends[0], sends.at(-50)]); // the first answers are there: the others are on their way
    const workers = server.workers();
    const start = Date.now();
    await server.kill('SIGTERM');
    expect(await server.ended).to.equal(0);
    expect(Date.now() - start).to.be.below(STOPPED_WITHIN_MS);
    expect(await Promise.all(raws.map(({ closed }) => closed))).to.deep.equal(raws.map(() => 1012));
    await Promise.all(sockets.map(({ closed }) => closed));
    for (const pid of workers) expect(() => process.kill(pid, 0), 'gone').to.throw('ESRCH');
  });

  it('end with the primary, however it ends', async () => {
    const workers = server.workers();
    await server.kill('SIGKILL');
    for (const pid of workers)
      await until('it ends', () => {
        try {
          return !process.kill(pid, 0);
        } catch {
          return true;
        }
      });
  });
});
