import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { numbersOf, until } from '../monitoring/operator.ts';
import { raw } from '../support/clients.ts';
import { IS_SOAK } from '../support/soak.ts';
import { expectBystandersUnharmed } from './bystanders.ts';
import { type Cluster, type Member, startCluster } from './cluster.ts';
import { endOf, frameOf, unresponsiveWebSocket } from './unresponsive-websocket.ts';

const BURST = 2_000;
const ENGINE = '/socket.io/?EIO=4&transport=websocket';
/** Time limits that end sooner than the defaults, which the soak uses. */
const TIMES = IS_SOAK ? {} : { LOGIN_TIMEOUT_SEC: '3', HEARTBEAT_SEC: '2', HEARTBEAT_TIMEOUT_SEC: '2' };
/** The time to log in, and some. */
const UNAUTHENTICATED_MS = IS_SOAK ? 12_000 : 8_000;
/** The interval of pings, the wait for the answer, and some. */
const HALF_OPEN_MS = IS_SOAK ? 50_000 : 10_000;

describe('A hostile client', () => {
  let cluster: Cluster;
  const opened: Socket[] = [];
  const [url, wsUrl] = [() => cluster.node(0).url, () => url().replace('http', 'ws')];

  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster(this);
    await cluster.add({ RATE_LIMITS: 'on', MAX_CONNECTIONS_PER_USER: '20', ...TIMES });
  });
  after(async () => {
    for (const socket of opened) socket.destroy();
    await cluster?.stop();
  });

  async function mute(path: string): Promise<Socket> {
    const socket = await unresponsiveWebSocket(url(), path);
    opened.push(socket);
    return socket;
  }

  const expectOthersUnharmed = <T>(attack: () => Promise<T>) => expectBystandersUnharmed(cluster, attack);

  it('that floods is limited, and closed when it continues', async function () {
    this.timeout(120_000);
    const [flooder] = (await cluster.enroll(1)) as [Member];
    let isClosed = false;
    // counted by the server: answers that are not written before it closes the connection are not sent
    const accepted = async () =>
      (await numbersOf(url())).get('mmchat_operations_total{operation="me",result="ok"}') ?? 0;
    const code = await expectOthersUnharmed(async () => {
      const client = await cluster.client(cluster.node(0), flooder);
      const closed = client.closed.finally(() => (isClosed = true));
      // everything that was read before a pause is answered, which may be a whole burst
      for (; !isClosed; await delay(100)) for (let count = 0; count < BURST; count += 1) void client.ask('me');
      return closed;
    });
    expect(code).to.equal(1008);
    await until(async () => (await accepted()) >= 40);
    expect(await accepted(), 'accepted').to.be.at.most(1_000);
  });

  it('that sends huge frames is disconnected: 1009, a closed connection, 413', async function () {
    this.timeout(120_000);
    const [one] = (await cluster.enroll(1)) as [Member];
    const huge = 'x'.repeat(70_000);
    await expectOthersUnharmed(async () => {
      for (const wire of ['raw', 'socketio', 'polling'] as const) {
        const client = await cluster.client(cluster.node(0), one, wire);
        void client.ask('message', { conversation_id: 1, content: huge }).catch(() => undefined);
        if (wire === 'raw') expect(await client.closed).to.equal(1009);
        else expect(await client.closed).to.match(/^transport/);
      }
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${one.token}` };
      const answer = await fetch(`${url()}/api/messages`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ content: huge }),
      });
      expect(answer.status).to.equal(413);
    });
  });

  it('that opens many connections gets no more than the limit', async function () {
    this.timeout(120_000);
    const [one] = (await cluster.enroll(1)) as [Member];
    await expectOthersUnharmed(async () => {
      const tries = await Promise.allSettled(Array.from({ length: 300 }, () => raw(url(), one.token)));
      const clients = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      const open = await Promise.all(clients.map((client) => Promise.race([client.ask('me'), client.closed])));
      // `me` itself is limited: any answer shows that the client is connected
      expect(open.filter((answer) => typeof answer === 'object')).to.have.length(20);
      for (const client of clients) client.close();
    });
  });

  it('that does not follow the protocol is disconnected, on each transport', async function () {
    this.timeout(120_000);
    const [one] = (await cluster.enroll(1)) as [Member];
    await expectOthersUnharmed(async () => {
      const plain = await mute(`/api/ws?token=${one.token}`);
      const ends = [endOf(plain)];
      for (let index = 0; index < 10; index += 1) plain.write(frameOf('[not ours'));
      for (const packet of ['garbage', '9', '4garbage', '451-["x",{"_placeholder":true,"num":9}]']) {
        const engine = await mute(ENGINE);
        ends.push(endOf(engine));
        engine.write(frameOf(packet));
      }
      const { port, hostname } = new URL(url());
      const http = connect(Number(port), hostname, () => void http.write('\0\0\0 not HTTP\r\n\r\n'));
      ends.push(endOf(http));
      for (const took of await Promise.all(ends)) expect(took).to.be.below(UNAUTHENTICATED_MS);
      const opening = await (await fetch(`${url()}/socket.io/?EIO=4&transport=polling`)).text();
      const { sid } = JSON.parse(opening.slice(1));
      const body = '4garbage\x1e9\x1e{{{';
      await fetch(`${url()}/socket.io/?EIO=4&transport=polling&sid=${sid}`, { method: 'POST', body });
      const after = await fetch(`${url()}/socket.io/?EIO=4&transport=polling&sid=${sid}`);
      expect([200, 400], 'closed').to.include(after.status);
      expect(await after.text()).to.not.include('40');
    });
  });

  it('that connects and never authenticates is disconnected in time, whatever else it sends, or refused at once', async function () {
    this.timeout(120_000);
    await expectOthersUnharmed(async () => {
      const waiting = await Promise.all(Array.from({ length: 200 }, () => mute(ENGINE)));
      const [one] = (await cluster.enroll(1)) as [Member];
      const joiner = await mute(ENGINE);
      for (let index = 0; index < 5_000; index += 1)
        joiner.write(frameOf(`40/nowhere${index},{"token":"${one.token}"}`));
      const early = await mute(ENGINE);
      early.write(frameOf('42/chat,["message",{"conversation_id":1,"content":"Hello!"}]'));
      waiting.push(joiner, early);
      for (const took of await Promise.all(waiting.map((each) => endOf(each))))
        expect(took).to.be.below(UNAUTHENTICATED_MS);
      expect(await raw(wsUrl().replace('ws', 'http'), 'nobody').catch(String)).to.include('401');
    });
  });

  it('that is half-open, and answers no ping, is disconnected in time', async function () {
    this.timeout(2 * HALF_OPEN_MS);
    const [halfOpen] = (await cluster.enroll(1)) as [Member];
    const [plain, engine] = [await mute(`/api/ws?token=${halfOpen.token}`), await mute(ENGINE)];
    engine.write(frameOf(`40/chat,${JSON.stringify({ token: halfOpen.token })}`));
    for (const took of await Promise.all([endOf(plain), endOf(engine)])) expect(took).to.be.below(HALF_OPEN_MS);
  });
});
