import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { closeAll, connection, enter, refusal, upgrade } from '../realtime/connecting.ts';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { type Client, rawAt, rest } from '../support/clients.ts';
import { People, type Person } from '../support/people.ts';
import { ask, codeFor } from './requests.ts';

const UNAUTHENTICATED = 4401;
const DISCONNECTED = 'io server disconnect';

onEachDatabase('A session', (kind) => {
  let app: TestApp;
  let people: People;
  before(async () => {
    app = await startApp(kind);
    people = new People(app.url, app.smtp);
  });
  after(async () => {
    people.closeClients();
    await app.stop();
  });
  afterEach(closeAll);

  const socketsOf = (person: Person): Promise<Client[]> =>
    Promise.all([person.socketio(), person.socketio({ transports: ['polling'] }), person.raw()]);

  async function expectRefused({ token }: Person): Promise<void> {
    expect(await rest(app.url, token).ask('me')).to.deep.include({ ok: false, status: 401 });
    for (const namespace of ['/chat', '/presence']) {
      expect((await refusal(app.url, namespace, { token })).data?.code).to.equal('unauthenticated');
    }
    expect(await upgrade(app.url, `/api/ws?token=${token}`)).to.include({ status: 401, code: 'unauthenticated' });
  }

  /** Each client receives the reason, and is then disconnected. */
  async function expectClosed(clients: readonly Client[]): Promise<void> {
    for (const { transport, inbox, closed } of clients) {
      const { code, error } = await inbox.next('error');
      expect(code ?? error.code).to.equal('unauthenticated');
      expect(await closed).to.equal(transport === 'raw' ? UNAUTHENTICATED : DISCONNECTED);
    }
  }

  /** A user with two sessions, and a friend whose messages show which sockets are still connected. */
  async function scene() {
    const [alice, bob] = await app.people('alice', 'bob');
    const elsewhere = await people.logIn(alice);
    const { conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id });
    return { alice, elsewhere, bob, conversation_id };
  }

  it('that is logged out is refused everywhere and its sockets are closed; other sessions stay valid', async () => {
    const { alice, elsewhere, bob, conversation_id } = await scene();
    const [ended, others] = [await socketsOf(alice), await socketsOf(elsewhere)];
    expect(await alice.rest.ask('logout')).to.deep.include({ ok: true, message: 'Logged out successfully' });
    await expectRefused(alice);
    await expectClosed(ended);
    await bob.rest.ask('message', { conversation_id, content: 'Still there?' });
    for (const { inbox } of others) await inbox.next('message', { content: 'Still there?' });
    for (const { inbox } of ended) expect(inbox.all('message')).to.deep.equal([]);
    expect(await elsewhere.rest.ask('me')).to.include({ ok: true, id: alice.id });
  });

  it('that a socket logs out first answers the earlier calls of the socket', async () => {
    for (const connect of [
      (who: Person) => who.raw(),
      (who: Person) => who.socketio(),
      (who: Person) => who.socketio({ transports: ['polling'] }),
    ]) {
      const { alice, conversation_id } = await scene();
      const asking = await connect(alice);
      const sends = Array.from({ length: 30 }, (_, index) =>
        asking.ask('message', { conversation_id, content: `before ${index}` }),
      );
      const reads = Array.from({ length: 10 }, () => asking.ask('search_users', { q: 'a' }));
      const answers = [...sends, ...reads, asking.ask('logout')].map((answer) => answer.catch(String));
      expect(await asking.closed).to.equal(asking.transport === 'raw' ? UNAUTHENTICATED : DISCONNECTED);
      for (const answer of answers)
        expect(await Promise.race([answer, setTimeout(100, 'no answer')])).to.include({ ok: true });
      const again = await people.logIn(alice);
      const { messages } = await again.rest.ask('list_messages', { conversation_id });
      expect(messages).to.have.length(sends.length);
    }
  });

  for (const transport of ['socketio', 'raw'] as const) {
    it(`can be logged out over ${transport}; the answer comes before the sockets are closed`, async () => {
      const { alice, elsewhere } = await scene();
      const [asking, other] = [await alice.client(transport), await alice.raw()];
      const logout = asking.ask('logout');
      expect(await Promise.race([logout, asking.closed])).to.include({ ok: true, message: 'Logged out successfully' });
      await expectClosed([other]);
      expect(await asking.closed).to.equal(transport === 'raw' ? UNAUTHENTICATED : DISCONNECTED);
      await expectRefused(alice);
      expect(await elsewhere.rest.ask('me')).to.include({ ok: true });
    });
  }

  it('ends with all others of its user after a password reset', async () => {
    const { alice, elsewhere, bob, conversation_id } = await scene();
    const [ended, bystander] = [[...(await socketsOf(alice)), ...(await socketsOf(elsewhere))], await bob.socketio()];
    const reset = { email: alice.email, otp: await codeFor(app, 'forgot', alice), new_password: 'AnotherPassword1' };
    expect((await ask(app, 'forgot/reset', reset)).status).to.equal(200);
    for (const person of [alice, elsewhere]) await expectRefused(person);
    await expectClosed(ended);
    expect((await ask(app, 'login', alice)).status, 'the old password').to.equal(401);
    const again = await people.logIn({ ...alice, password: 'AnotherPassword1' });
    await again.rest.ask('message', { conversation_id, content: 'Back' });
    await bystander.inbox.next('message', { content: 'Back' });
  });

  it('sends both namespaces of a connection the reason of the end, before they are disconnected', async () => {
    const { alice } = await scene();
    const manager = connection(app.url);
    const events: string[] = [];
    const ends = ['/chat', '/presence'].map(async (namespace) => {
      const socket = await enter(manager, namespace, alice.token);
      socket.on('error', ({ code }) => events.push(`${namespace} ${code}`));
      return { ended: new Promise((resolve) => socket.once('disconnect', () => resolve(events.push(namespace)))) };
    });
    const entered = await Promise.all(ends);
    await alice.rest.ask('logout');
    await Promise.all(entered.map(({ ended }) => ended));
    for (const namespace of ['/chat', '/presence']) {
      expect(events).to.include(`${namespace} unauthenticated`);
      expect(events.indexOf(namespace)).to.be.above(events.indexOf(`${namespace} unauthenticated`));
    }
  });

  /** How an attempt to connect ends. */
  const endOfRaw = ({ token }: Person) =>
    rawAt(`${app.url.replace('http', 'ws')}/api/ws?token=${token}`).then(
      ({ closed }) => closed,
      () => 'refused',
    );
  const endOfSocketIo = ({ token }: Person) =>
    enter(connection(app.url), '/chat', token).then(
      (socket) =>
        new Promise((resolve) => (socket.connected ? socket.once('disconnect', resolve) : resolve(DISCONNECTED))),
      () => 'refused',
    );

  it('closes a socket that connects at the same time', async () => {
    const alice = await app.person('alice');
    const logins = await Promise.all(Array.from({ length: 6 }, () => people.logIn(alice)));
    for (const [round, login] of logins.entries()) {
      const connecting = [endOfRaw(login), endOfSocketIo(login)];
      await setTimeout(round); // delays the end a little more in each round
      await login.rest.ask('logout');
      const [raw, socketIo] = await Promise.all(connecting);
      expect(raw).to.be.oneOf(['refused', UNAUTHENTICATED]);
      expect(socketIo).to.be.oneOf(['refused', DISCONNECTED]);
    }
    expect(await alice.rest.ask('me'), 'another session of the same user').to.include({ ok: true });
  });

  for (const transport of ['socketio', 'raw'] as const) {
    it(`executes nothing that its ${transport} client sends while it is being closed`, async () => {
      const { alice, bob, conversation_id } = await scene();
      const late = { conversation_id, content: 'Too late' };
      const { sent } =
        transport === 'raw'
          ? await sendingOnError(`${app.url}/api/ws?token=${alice.token}`, late)
          : await emittingOnError(app.url, alice.token, late);
      await alice.rest.ask('logout');
      expect(await sent, 'need it to have been sent').to.equal(true);
      await bob.rest.ask('message', { conversation_id, content: 'After' });
      const { messages } = await bob.rest.ask('list_messages', { conversation_id });
      expect(messages.map(({ content }: { content: string }) => content)).to.deep.equal(['After']);
    });
  }
});

/** A plain WebSocket that sends a message when it receives the error; resolves when it has been sent. */
async function sendingOnError(address: string, message: object): Promise<{ sent: Promise<boolean> }> {
  const { socket, closed } = await rawAt(address.replace('http', 'ws'));
  let sent = false;
  socket.on('message', (data) => {
    if (!String(data).includes('"type":"error"')) return;
    socket.send(JSON.stringify({ type: 'message', ...message }));
    sent = true;
  });
  return { sent: closed.then(() => sent) };
}

/** The same over Socket.IO. */
async function emittingOnError(url: string, token: string, message: object): Promise<{ sent: Promise<boolean> }> {
  const socket = await enter(connection(url), '/chat', token);
  let sent = false;
  socket.on('error', () => {
    socket.emit('message', message);
    sent = true;
  });
  return { sent: new Promise((resolve) => socket.once('disconnect', () => resolve(sent))) };
}
