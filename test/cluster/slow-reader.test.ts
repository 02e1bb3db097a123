import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { limitMs } from '../support/soak.ts';
import { type Cluster, type Member, startCluster } from './cluster.ts';
import { frameOf, unresponsiveWebSocket } from './unresponsive-websocket.ts';
import { until } from './until.ts';

const SLOW = 20;
const MOST_BYTES_EACH = 5 * 1024 * 1024;
const CUT_WITHIN_MS = limitMs(2_000);
/** More than the system and the server buffer for a connection on this machine. */
const ENOUGH_MESSAGES = 1_800;
/** After so many the load itself takes no more memory: V8's heap has grown to its size. */
const WARM_UP_MESSAGES = 2 * ENOUGH_MESSAGES;
const CONTENT = '€'.repeat(4_000); // 12 kB

describe('A client that never reads', () => {
  let cluster: Cluster;
  const opened: Socket[] = [];
  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster(this, { processes: 1 });
  });
  afterEach(() => {
    for (const socket of opened.splice(0)) socket.destroy();
  });
  after(() => cluster?.stop());

  const paths = {
    'a plain WebSocket': { path: (token: string) => `/api/ws?token=${token}`, hello: undefined },
    'Socket.IO': {
      path: () => '/socket.io/?EIO=4&transport=websocket',
      hello: (token: string) => `40/chat,{"token":"${token}"}`,
    },
  };
  for (const [title, { path, hello }] of Object.entries(paths)) {
    it(`over ${title} nor answers the closing is disconnected within 2 s of it`, async () => {
      const node = cluster.process(0);
      const [one, other] = (await cluster.enroll(2)) as [Member, Member];
      await cluster.group(node, one, other);
      const socket = await unresponsiveWebSocket(node.url, path(one.token));
      opened.push(socket);
      if (hello !== undefined) socket.write(frameOf(hello(one.token)));
      const isOnline = async () =>
        (await cluster.rest(node, other).ask('last_seen', { user_id: one.id })).online === true;
      await until('it is there', isOnline);
      const ended = once(socket.resume(), 'close');
      const asked = Date.now();
      expect(await cluster.rest(node, one).ask('logout')).to.include({ ok: true });
      await ended;
      expect(Date.now() - asked).to.be.below(CUT_WITHIN_MS);
    });

    it(`over ${title} costs less than 5 MB and is disconnected within 2 s, and others receive everything`, async function () {
      this.timeout(120_000);
      const node = cluster.process(0);
      const [one, other, ...slow] = (await cluster.enroll(2 + SLOW)) as [Member, Member, ...Member[]];
      const conversation_id = await cluster.group(node, one, other, ...slow);
      const [sender, receiver] = await Promise.all([cluster.client(node, one), cluster.client(node, other)]);
      let peak = 0;
      async function send(count: number): Promise<void> {
        for (let sent = 0; sent < count; sent += 100) {
          await Promise.all(
            Array.from({ length: 100 }, () => sender.ask('message', { conversation_id, content: CONTENT })),
          );
          peak = Math.max(peak, cluster.process(0).memory());
        }
      }
      await send(WARM_UP_MESSAGES);
      const [before, descriptors] = [peak, cluster.process(0).descriptors()];
      for (const { token } of slow) {
        const socket = await unresponsiveWebSocket(cluster.process(0).url, path(token));
        opened.push(socket);
        if (hello !== undefined) socket.write(frameOf(hello(token)));
        socket.pause();
      }
      const online = async () => {
        const { participants } = await cluster.rest(node, one).ask('list_participants', { conversation_id });
        const ids = slow.map(({ id }) => id);
        return participants.filter((each: { id: number; online: boolean }) => each.online && ids.includes(each.id))
          .length;
      };
      await until('the slow ones are there', async () => (await online()) === SLOW);
      await send(ENOUGH_MESSAGES);
      await until('all are cut', async () => (await online()) === 0, CUT_WITHIN_MS);
      const closed = () => cluster.process(0).descriptors() < descriptors + SLOW / 2;
      await until('nothing of them is kept', closed, CUT_WITHIN_MS);
      process.stdout.write(`      ${((peak - before) / SLOW / 1e6).toFixed(2)} MB each\n`);
      expect((peak - before) / SLOW, 'bytes each').to.be.below(MOST_BYTES_EACH);
      await until(
        'the other receives all',
        () => receiver.inbox.all('message').length === WARM_UP_MESSAGES + ENOUGH_MESSAGES,
      );
    });
  }
});
