import { expect } from 'chai';
import { ChatClientError, connect } from '../../packages/client/src/client.ts';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { migratedEnvironment } from '../support/app.ts';
import { People } from '../support/people.ts';
import { freePort } from '../support/processes.ts';
import { useFixture } from './fixture.ts';
import { until } from './until.ts';

describe('The connection of the client', () => {
  const fixture = useFixture({ RATE_LIMITS: 'on', MAX_CONNECTIONS_PER_USER: '1' });

  it('opens by itself as soon as the limit of connections allows it', async () => {
    const alice = await fixture.app.person('alice');
    const first = fixture.chat(alice);
    await until(first.status, ({ state }) => state === 'online');
    const second = fixture.chat(alice);
    await until(second.status, ({ state }) => state === 'waiting');
    first.close();
    await until(second.status, ({ state }) => state === 'online');
  });

  it('reports that the session has ended, and continues with another on reconnectNow()', async () => {
    const alice = await fixture.app.person('alice');
    let token = alice.token;
    const chat = fixture.chat(alice, { token: () => token });
    await until(chat.me, (me) => me?.id === alice.id);
    await alice.rest.ask('logout');
    await until(chat.status, ({ state }) => state === 'unauthenticated');
    await chat.ask('me', {}).then(
      () => expect.fail('not logged in'),
      (error) => expect(error).to.be.instanceOf(ChatClientError).with.property('code', 'unauthenticated'),
    );
    const bob = await fixture.app.person('bob');
    token = bob.token;
    chat.reconnectNow();
    await until(chat.me, (me) => me?.id === bob.id);
  });

  it('answers a request made offline once it is online, or rejects it on timeout', async () => {
    const alice = await fixture.app.person('alice');
    const proxy = await fixture.proxy();
    proxy.shut();
    const chat = fixture.chat(alice, { url: proxy.url });
    const late = await chat.ask('me', {}, { timeoutMs: 100 }).catch((error: unknown) => error);
    expect(late).to.include({ code: 'timeout' });
    const asked = chat.ask('me', {});
    proxy.open();
    expect(await asked).to.include({ id: alice.id });
  });

  it('reconnects by itself after the server restarts', async function () {
    this.timeout(120_000);
    const { env, smtp, remove } = await migratedEnvironment('sqlite', { HTTP_ADDR: `127.0.0.1:${await freePort()}` });
    const first = await createApp(readConfig(env));
    const alice = await new People(first.url, smtp).signUp('alice');
    const chat = connect({ url: first.url, token: alice.token, random: () => 0 });
    await until(chat.status, ({ state, behind }) => state === 'online' && !behind);
    await first.stop();
    await until(chat.status, ({ state }) => state === 'waiting');
    const second = await createApp(readConfig(env));
    await until(chat.status, ({ state, behind }) => state === 'online' && !behind, 10_000);
    chat.close();
    await second.stop();
    await remove();
  });
});
