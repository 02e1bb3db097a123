import { expect } from 'chai';
import { io, type Socket } from 'socket.io-client';
import { startApp, type TestApp } from '../support/app.ts';
import { Inbox } from '../support/inbox.ts';
import { pair } from './operator.ts';

const PASSWORD = 'the password of the operators';
const ON = { ADMIN_UI_PASSWORD: PASSWORD, ADMIN_UI_USER: 'operator' };
const RIGHT = { username: 'operator', password: PASSWORD };

type Admin = { socket: Socket; inbox: Inbox; all: unknown[][] };

/** A client of the admin UI; what it is refused with is thrown. */
async function connect(url: string, auth: object, open: Socket[], headers = {}): Promise<Admin> {
  const socket = io(`${url}/admin`, {
    auth,
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    extraHeaders: headers,
  });
  open.push(socket);
  const inbox = new Inbox();
  const all: unknown[][] = [];
  socket.onAny((type: string, ...args: unknown[]) => {
    all.push([type, ...args]);
    inbox.add({ ...(typeof args[0] === 'object' ? args[0] : { value: args[0] }), type });
  });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
  return { socket, inbox, all };
}

const refusal = (url: string, auth: object, open: Socket[], headers = {}) =>
  connect(url, auth, open, headers).then(
    () => 'let in',
    ({ message }: Error) => message,
  );

describe("Socket.IO's admin UI", () => {
  let app: TestApp;
  let open: Socket[] = [];
  before(async () => {
    app = await startApp('sqlite', { ...ON, CORS_ORIGINS: 'https://admin.example.com' });
  });
  afterEach(() => {
    for (const socket of open) socket.disconnect();
    open = [];
  });
  after(() => app.stop());

  it('is not there unless there is a password for it', async () => {
    const without = await startApp('sqlite', { ADMIN_UI_USER: 'operator' });
    for (const auth of [{}, RIGHT, { username: 'operator', password: '' }])
      expect(await refusal(without.url, auth, open)).to.equal('Invalid namespace');
    await without.stop();
  });

  it('lets nobody in without the password, whatever is given instead', async () => {
    const alice = await app.person('alice');
    const { socket } = await connect(app.url, RIGHT, open);
    const future = Date.now() + 60_000;
    for (const auth of [
      {},
      { ...RIGHT, password: `${PASSWORD}!` },
      { ...RIGHT, username: 'admin' },
      { ...RIGHT, password: [PASSWORD] },
      { ...RIGHT, password: { toString: 1 } },
      { token: alice.token },
      { sessionId: socket.id },
      { sessionId: `${future}.${'0'.repeat(64)}` },
      { sessionId: [`${future}`] },
    ]) {
      expect(await refusal(app.url, auth, open), JSON.stringify(auth)).to.equal('invalid credentials');
    }
  });

  it('shows numbers, and nothing of what people write, nor who or where they are', async () => {
    const { alice, bob, conversation_id } = await pair(app);
    const { inbox, all } = await connect(app.url, RIGHT, open);
    expect(await inbox.next('config')).to.deep.equal({ type: 'config', supportedFeatures: ['AGGREGATED_EVENTS'] });
    const [sender, hearer] = [await alice.socketio(), await bob.raw()];
    await sender.ask('message', { conversation_id, content: 'a secret of ours' });
    await hearer.inbox.next('message');
    const one = (name: string) => JSON.stringify({ name, socketsCount: 1 });
    let stats = await inbox.next('server_stats');
    while (!['/chat', '/plain'].every((name) => JSON.stringify(stats.namespaces).includes(one(name))))
      stats = await inbox.next('server_stats');
    expect(stats).to.include({ pid: process.pid, clientsCount: 2 });
    expect(new Set(all.map(([type]) => type))).to.deep.equal(new Set(['session', 'config', 'server_stats']));
    for (const secret of [
      'a secret of ours',
      alice.username,
      `"conversation_id":${conversation_id}`,
      alice.token,
      '127.0.0.1',
    ])
      expect(JSON.stringify(all)).not.to.include(secret);
  }).timeout(10_000);

  it('can do nothing to the sockets of others', async () => {
    const { alice, bob, conversation_id } = await pair(app);
    const carol = await app.person('carol');
    const [sender, outsider] = [await alice.socketio(), await carol.socketio()];
    const { socket } = await connect(app.url, RIGHT, open);
    socket.emit('join', '/chat', conversation_id); // a room, see audience.ts
    socket.emit('emit', '/chat', undefined, 'message', { content: 'from nowhere' });
    socket.emit('leave', '/chat', conversation_id);
    socket.emit('_disconnect', '/chat', true);
    socket.emit('error', 'anything');
    // over the same connection: what it asked for before has been read when this is answered
    const beside = socket.io.socket('/chat', { auth: { token: alice.token } });
    await new Promise((resolve) => beside.once('connect', () => resolve(undefined)));
    const { seq } = await bob.rest.ask('message', { conversation_id, content: 'Hello!' });
    await sender.inbox.next('message', { seq });
    expect(await outsider.ask('me')).to.include({ ok: true });
    for (const { inbox } of [sender, outsider])
      expect(inbox.all('message').filter((event) => event.seq !== seq)).to.deep.equal([]);
    expect(outsider.inbox.all('message')).to.deep.equal([]);
    expect(socket.connected).to.equal(true);
  });

  it('lets its own session in again, on every server with the same password and secret, and on no other', async () => {
    const first = await connect(app.url, RIGHT, open);
    const { value: sessionId } = await first.inbox.next('session');
    const other = await startApp('sqlite', ON);
    const changed = await startApp('sqlite', { ...ON, ADMIN_UI_PASSWORD: 'another password' });
    for (const { url } of [app, other]) {
      const again = await connect(url, { sessionId }, open);
      await again.inbox.next('config');
      expect(again.inbox.all('session')).to.deep.equal([]);
    }
    expect(await refusal(changed.url, { sessionId }, open)).to.equal('invalid credentials');
    const [, mac] = String(sessionId).split('.');
    expect(await refusal(app.url, { sessionId: `${Date.now() + 99_000_000}.${mac}` }, open), 'prolonged').to.equal(
      'invalid credentials',
    );
    await Promise.all([other.stop(), changed.stop()]);
  });

  it('is for pages of allowed origins only', async () => {
    expect(await refusal(app.url, RIGHT, open, { origin: 'https://admin.example.com' })).to.equal('let in');
    expect(await refusal(app.url, RIGHT, open, { origin: 'https://evil.example.com' })).to.equal('websocket error');
  });

  it('counts failed passwords per origin, also such as come at once, and then takes not even the right one', async () => {
    const limits = { RATE_LIMITS: 'on', RATE_LOGIN_ORIGIN: '3/900' };
    const limited = await startApp('sqlite', { ...ON, ...limits });
    const admin = await connect(limited.url, RIGHT, open);
    const { value: sessionId } = await admin.inbox.next('session');
    const wrong = { ...RIGHT, password: 'a guess' };
    const told = await Promise.all(Array.from({ length: 8 }, () => refusal(limited.url, wrong, open)));
    expect(told.filter((text) => text === 'invalid credentials')).to.have.length(3);
    expect(told.filter((text) => text.startsWith('Too many requests'))).to.have.length(5);
    expect(await refusal(limited.url, RIGHT, open)).to.include('Too many requests');
    expect(await refusal(limited.url, { sessionId }, open), 'who is in stays in').to.equal('let in');
    await limited.stop();
  });

  it('closes with the server', async () => {
    const other = await startApp('sqlite', ON);
    const { socket } = await connect(other.url, RIGHT, open);
    const closed = new Promise((resolve) => socket.once('disconnect', resolve));
    await other.stop();
    expect(await closed).to.equal('transport close');
  });
});
