import { expect } from 'chai';
import { ChatClientError, connect } from '../../packages/client/src/client.ts';
import { startNode } from '../cluster/node.ts';
import { freshEnvironment } from '../support/app.ts';
import { People } from '../support/people.ts';
import { freePort } from '../support/processes.ts';
import { scene } from './scene.ts';
import { until } from './until.ts';

describe('The connection of the client', () => {
  const here = scene({ RATE_LIMITS: 'on', MAX_CONNECTIONS_PER_USER: '1' });

  it('is there by itself as soon as there is room, where there are too many', async () => {
    const alice = await here.app.person('alice');
    const first = here.chat(alice);
    await until(first.status, ({ state }) => state === 'online');
    const second = here.chat(alice);
    await until(second.status, ({ state }) => state === 'waiting');
    first.close();
    await until(second.status, ({ state }) => state === 'online');
  });

  it('says that the session is over, and goes on with another when it is told to', async () => {
    const alice = await here.app.person('alice');
    let token = alice.token;
    const chat = here.chat(alice, { token: () => token });
    await until(chat.me, (me) => me?.id === alice.id);
    await alice.rest.ask('logout');
    await until(chat.status, ({ state }) => state === 'unauthenticated');
    await chat.ask('me', {}).then(
      () => expect.fail('nobody is logged in'),
      (error) => expect(error).to.be.instanceOf(ChatClientError).with.property('code', 'unauthenticated'),
    );
    const bob = await here.app.person('bob');
    token = bob.token;
    chat.reconnectNow();
    await until(chat.me, (me) => me?.id === bob.id);
  });

  it('answers what is asked without a connection when there is one, and says so when none comes in time', async () => {
    const alice = await here.app.person('alice');
    const proxy = await here.proxy();
    proxy.shut();
    const chat = here.chat(alice, { url: proxy.url });
    const late = await chat.ask('me', {}, { timeoutMs: 100 }).catch((error: unknown) => error);
    expect(late).to.include({ code: 'timeout' });
    const asked = chat.ask('me', {});
    proxy.open();
    expect(await asked).to.include({ id: alice.id });
  });

  it('comes back by itself when the server restarts, which closes its connections', async function () {
    this.timeout(30_000);
    const fresh = await freshEnvironment('sqlite');
    const node = await startNode({ ...fresh.env, HTTP_ADDR: `127.0.0.1:${await freePort()}` });
    const alice = await new People(node.url, fresh.smtp).signUp('alice');
    const chat = connect({ url: node.url, token: alice.token, random: () => 0 });
    await until(chat.status, ({ state, behind }) => state === 'online' && !behind);
    await node.kill('SIGTERM');
    await until(chat.status, ({ state }) => state === 'waiting');
    await node.restart();
    await until(chat.status, ({ state, behind }) => state === 'online' && !behind, 10_000);
    chat.close();
    await node.kill('SIGKILL');
    await fresh.remove();
  });
});
