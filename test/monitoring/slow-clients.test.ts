import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import { rawAt, socketio } from '../support/clients.ts';
import { numbersOf, pair, until } from './operator.ts';

const CONTENT = 'x'.repeat(4_096);

describe('A client that does not read', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  it('is counted once when it is disconnected, by its transport', async function () {
    this.timeout(120_000);
    const { alice, bob, conversation_id } = await pair(app);
    const slow = await rawAt(`${app.url.replace('http', 'ws')}/api/ws?token=${bob.token}`);
    const reading = await socketio(app.url, bob.token);
    const sender = await alice.socketio();
    const cut = async (transport: string) =>
      (await numbersOf(app.url)).get(`mmchat_slow_clients_cut_total{transport="${transport}"}`) ?? 0;
    slow.socket.pause();
    const sends = () =>
      Promise.all(Array.from({ length: 200 }, () => sender.ask('message', { conversation_id, content: CONTENT })));
    while ((await cut('raw')) === 0) await sends();
    await sends();
    expect([await cut('raw'), await cut('socketio')]).to.deep.equal([1, 0]);
    slow.socket.resume();
    await slow.closed;
    await until(async () => (await numbersOf(app.url)).get('mmchat_connections{transport="raw"}') === 0);
    reading.close();
  });
});
