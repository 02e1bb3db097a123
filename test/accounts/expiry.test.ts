import { expect } from 'chai';
import { closeAll, connection, enter } from '../realtime/connecting.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { type Client, raw, rest, socketio } from '../support/clients.ts';
import { claimsOf, forge, inSeconds } from './forged-tokens.ts';

describe('A token that expires', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());
  afterEach(closeAll);

  it('closes the sockets that were opened with it, and no others', async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    const { conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id });
    const exp = inSeconds(2);
    const token = forge(app, { ...claimsOf(alice), exp });
    const { url } = app;
    const lasting = await alice.socketio();
    const presence = await enter(connection(url), '/presence', token);
    const error = new Promise<{ code: string }>((resolve) => presence.once('error', resolve));
    const disconnected = new Promise((resolve) => presence.once('disconnect', resolve));
    const short: Client[] = [await socketio(url, token), await socketio(url, token, { transports: ['polling'] })];
    short.push(await raw(url, token));
    expect(await rest(url, token).ask('me'), 'it is valid at first').to.include({ ok: true, id: alice.id });

    for (const { transport, inbox, closed } of short) {
      const { code, error } = await inbox.next('error');
      expect(code ?? error.code).to.equal('unauthenticated');
      expect(await closed).to.equal(transport === 'raw' ? 4401 : 'io server disconnect');
    }
    expect((await error).code).to.equal('unauthenticated');
    await disconnected;
    expect(Date.now() / 1000).to.be.within(exp, exp + 2);
    expect(await rest(url, token).ask('me')).to.include({ ok: false, status: 401 });

    await bob.rest.ask('message', { conversation_id, content: 'Still there?' });
    await lasting.inbox.next('message', { content: 'Still there?' });
    for (const { inbox } of short) expect(inbox.all('message')).to.deep.equal([]);
  });
});
