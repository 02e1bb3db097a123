import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import { growth, numbersOf, pair, until } from './operator.ts';

describe('The metrics for Prometheus', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  it('contain the open connections of each transport, and no closed ones', async () => {
    const { alice } = await pair(app);
    const count = async (transport: string) =>
      (await numbersOf(app.url)).get(`mmchat_connections{transport="${transport}"}`);
    const clients = [await alice.socketio()];
    expect([await count('websocket'), await count('polling'), await count('raw')]).to.deep.equal([1, 0, 0]); // of both namespaces
    clients.push(await alice.socketio({ transports: ['polling'] }), await alice.raw());
    expect([await count('websocket'), await count('polling'), await count('raw')]).to.deep.equal([1, 1, 1]);
    for (const client of clients) client.close();
    for (const transport of ['websocket', 'polling', 'raw']) await until(async () => (await count(transport)) === 0);
  });

  for (const transport of ['rest', 'socketio', 'raw'] as const) {
    it(`count calls over ${transport} by name and result, and their time`, async () => {
      const { alice, conversation_id } = await pair(app);
      const client = await alice.client(transport);
      const send = (content: string) => () => client.ask('message', { conversation_id, content });
      const total = (result: string) => `mmchat_operations_total{operation="message",result="${result}"}`;
      expect(await growth(app.url, total('ok'), send('Hello!'))).to.equal(1);
      expect(await growth(app.url, total('invalid_input'), send(''))).to.equal(1);
      const timed = 'mmchat_operation_seconds_count{operation="message"}';
      expect(await growth(app.url, timed, send('again'))).to.equal(1);
    });
  }

  it('contain the number of changes per commit and its time', async () => {
    const { alice, conversation_id } = await pair(app);
    const socket = await alice.socketio();
    const sends = () =>
      Promise.all(
        Array.from({ length: 20 }, (_, each) => socket.ask('message', { conversation_id, content: `${each}` })),
      );
    expect(await growth(app.url, 'mmchat_commit_changes_sum', sends)).to.equal(20);
    const batches = await growth(app.url, 'mmchat_commit_changes_count', sends);
    expect(batches).to.be.within(1, 19); // fewer than messages, so commits were shared
    const numbers = await numbersOf(app.url);
    expect(numbers.get('mmchat_commit_seconds_count')).to.equal(numbers.get('mmchat_commit_changes_count'));
    expect(numbers.get('mmchat_commit_seconds_sum')).to.be.above(0);
    expect(numbers.get('mmchat_commit_queue')).to.equal(0);
  });

  it('count an event once, and the sockets that received it, without the sender’s', async () => {
    const { alice, bob, conversation_id } = await pair(app);
    const sender = await alice.socketio();
    const receivers = [await alice.raw(), await bob.socketio(), await bob.raw()];
    const send = async () => {
      await sender.ask('message', { conversation_id, content: 'Hello!' });
      for (const { inbox } of receivers) await inbox.next('message', { conversation_id });
    };
    expect(await growth(app.url, 'mmchat_events_total{type="message"}', send)).to.equal(1);
    expect(await growth(app.url, 'mmchat_event_deliveries_total{type="message"}', send)).to.equal(receivers.length);
  });

  it('belong to one server, also if two share a process', async () => {
    const other = await startApp();
    try {
      await pair(other);
      const own = 'mmchat_operations_total{operation="signup_verify",result="ok"}';
      const here = (await numbersOf(app.url)).get(own) ?? 0;
      expect((await numbersOf(other.url)).get(own)).to.equal(2);
      expect(here).to.be.above(2);
    } finally {
      await other.stop();
    }
  });

  it('contain memory, CPU and the event loop delay of the process', async () => {
    const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
    await numbersOf(app.url); // from the next sample on, a delay counts for the next scrape
    await pause();
    const until = performance.now() + 100;
    while (performance.now() < until); // blocks the event loop
    await pause();
    const numbers = await numbersOf(app.url);
    expect(numbers.get('nodejs_eventloop_lag_max_seconds')).to.be.within(0.08, 60);
    expect(numbers.get('process_resident_memory_bytes')).to.be.above(10_000_000);
    expect(numbers.get('process_cpu_seconds_total')).to.be.above(0);
  });

  it('count HTTP requests by status, including those of unknown routes', async () => {
    const missing = () => fetch(`${app.url}/nowhere`);
    expect(await growth(app.url, 'mmchat_http_requests_total{status="404"}', missing)).to.equal(1);
  });
});
