import { expect } from 'chai';
import { io } from 'socket.io-client';
import { type Program, startProgram } from '../config/program.ts';
import { type LogLine, linesOf } from '../database/program-log.ts';
import { freshEnvironment } from '../support/app.ts';
import { rawAt, rest } from '../support/clients.ts';
import { codeIn, People, post } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';

const [DEBUG, WARN] = [20, 40];
const SECRET = 'a secret for tests that is long enough to be one';

async function logged(program: Program, holds: (line: LogLine) => boolean): Promise<LogLine> {
  for (;;) {
    const found = linesOf(program).find(holds);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('The log', () => {
  let environment: Awaited<ReturnType<typeof freshEnvironment>>;
  let folder: string;
  let program: Program;
  let people: People;
  before(async function () {
    this.timeout(120_000);
    folder = makeTemporaryFolder('logs');
    environment = await freshEnvironment('sqlite', { JWT_SECRET: SECRET, LOG_LEVEL: 'trace' });
    program = await startProgram(folder, environment.env);
    people = new People(program.url, environment.smtp);
  });
  after(async () => {
    people.closeClients();
    await program.stop();
    await environment.remove();
    removeTemporaryFolder(folder);
  });

  it('names the variable to set when a page of another origin is refused', async () => {
    await post(`${program.url}/api/logout`, {}, { origin: 'https://other.example' });
    const { level, msg, host, address } = await logged(program, ({ origin }) => origin === 'https://other.example');
    expect([level, host]).to.deep.equal([WARN, new URL(program.url).host]);
    expect(address).to.include('127.0.0.1');
    expect(msg).to.include('CORS_ORIGINS').and.include('PUBLIC_URL');
  });

  it('has a line for each HTTP request, with the id in its answer', async () => {
    const response = await fetch(`${program.url}/api/users/7/last-seen?token=geheim`);
    const id = response.headers.get('x-request-id') ?? '';
    expect(id).to.match(/^[0-9a-f-]{36}$/);
    const { level, method, route, status, ms } = await logged(program, ({ request }) => request === id);
    expect({ level, method, route, status }).to.deep.equal({
      level: DEBUG,
      method: 'GET',
      route: '/api/users/:user_id/last-seen',
      status: 401,
    });
    expect(ms).to.be.within(0, 5_000);
  });

  it('keeps a well-formed request id of a proxy', async () => {
    const idFor = async (given: string) =>
      (await fetch(`${program.url}/healthz`, { headers: { 'x-request-id': given } })).headers.get('x-request-id');
    for (const given of ['abc-DEF_1.2', 'x'.repeat(64)]) expect(await idFor(given)).to.equal(given);
    for (const given of ['x'.repeat(65), 'two words', '{"a":1}', 'ü'])
      expect(await idFor(given)).to.match(/^[0-9a-f-]{36}$/);
  });

  it('does not name an unknown path', async () => {
    const response = await fetch(`${program.url}/api/reset/geheim`);
    const line = await logged(program, ({ request }) => request === response.headers.get('x-request-id'));
    expect(line).to.include({ route: 'none', status: 404 });
  });

  it('reports sockets that connect and disconnect, with their users', async () => {
    const someone = await people.signUp();
    const clients = [await someone.socketio(), await someone.raw()];
    const lines = (what: string) => linesOf(program).filter(({ msg, user }) => msg === what && user === someone.id);
    for (const client of clients) client.close();
    await logged(program, () => lines('socket disconnected').length === 3);
    expect(
      lines('socket connected')
        .map(({ namespace }) => namespace)
        .sort(),
    ).to.deep.equal(['/chat', '/plain', '/presence']);
    expect(lines('socket disconnected')[0]).to.include({ level: DEBUG });
  });

  it('warns of a request that failed with an internal error, with its cause and the same id', async function () {
    this.timeout(120_000);
    const someone = await people.signUp();
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(environment.env.DATABASE_URL?.replace('sqlite:', '') ?? '');
    database.exec('alter table conversations rename to hidden');
    try {
      const response = await fetch(`${program.url}/api/conversations`, {
        headers: { authorization: `Bearer ${someone.token}` },
      });
      expect(response.status).to.equal(500);
      const id = response.headers.get('x-request-id');
      expect(await logged(program, ({ request, msg }) => request === id && msg === 'request')).to.include({
        level: WARN,
      });
      expect(await logged(program, ({ request, msg }) => request === id && msg !== 'request')).to.have.property('err');
    } finally {
      database.exec('alter table hidden rename to conversations');
      database.close();
    }
  });

  it('contains no token, code, password, ticket, address or text of a user, even at level trace', async function () {
    this.timeout(120_000);
    const [alice, bob] = [await people.signUp('alice'), await people.signUp('bob')];
    const { conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id });
    const words: string[] = [];
    const secret = (word: string) => {
      words.push(word);
      return word;
    };
    for (const transport of ['rest', 'socketio', 'raw'] as const) {
      const client = await alice.client(transport);
      const { message_id } = await client.ask('message', { conversation_id, content: secret(`content-${transport}`) });
      await client.ask('edit_message', { message_id, content: secret(`edited-${transport}`) });
      await client.ask('message', { conversation_id, content: secret(`refused-${transport}`).repeat(1_000) });
      await client.ask('search_users', { q: secret(`query-${transport}`) });
      await client.ask('ws_ticket').then(({ ticket }) => secret(ticket));
      await client.ask(secret(`operation-${transport}`)).catch(() => undefined); // not in the REST client
    }
    await post(`${program.url}/api/login`, { username: 'nobody', password: secret('WrongPassword-1') });
    await post(`${program.url}/api/signup/initiate`, {
      username: 'x y',
      email: secret('bad@'),
      password: secret('Pw-77'),
    });
    await post(`${program.url}/api/forgot/initiate`, { email: alice.email });
    const otp = codeIn((await environment.smtp.next(alice.email)).text);
    const reset = { email: alice.email, otp, new_password: secret('AnotherPassword456') };
    expect((await post(`${program.url}/api/forgot/reset`, reset)).status).to.equal(200);
    const { ticket } = await bob.rest.ask('ws_ticket');
    (await rawAt(`${program.url.replace('http', 'ws')}/api/ws?ticket=${ticket}`)).close();
    await rawAt(`${program.url.replace('http', 'ws')}/api/ws?token=${secret('no-token')}`).catch(() => undefined);
    await refused(program.url, secret('forged-token'));
    await fetch(`${program.url}/api/me`, { headers: { cookie: `token=${secret('forged-cookie')}` } });
    await rest(program.url, bob.token).ask('logout');
    environment.smtp.failNext(1);
    await post(`${program.url}/api/forgot/initiate`, { email: bob.email });
    await logged(program, ({ msg }) => msg === 'mail will retry an e-mail');
    words.push(ticket, SECRET, alice.password);
    for (const { token, email } of [alice, bob]) words.push(token, email, ...token.split('.').slice(1));
    for (const { text } of environment.smtp.emails)
      for (const code of text.match(/^\d{4,10}$/gm) ?? []) words.push(code);

    const last = (await fetch(`${program.url}/healthz`)).headers.get('x-request-id');
    await logged(program, ({ request }) => request === last); // all lines before it are written
    const lines = linesOf(program);
    expect(lines.filter(({ msg }) => msg === 'request')).to.have.length.above(30);
    expect(lines.filter(({ msg }) => msg === 'socket connected')).to.have.length.above(5);
    expect(words).to.have.length.above(35);
    const text = lines.map(textOf).join('\n');
    expect(words.filter((word) => text.includes(word))).to.deep.equal([]);
    expect(text).to.match(/"route":"\/api\/forgot\/reset"/); // it is this server's log that was searched
  });
});

/** A line without its time, process and random ids, which could contain a short code by chance. */
function textOf({ time, pid, request, socket, ms, ...rest }: LogLine): string {
  return JSON.stringify(rest);
}

function refused(url: string, token: string): Promise<void> {
  const socket = io(`${url}/chat`, { auth: { token }, transports: ['websocket'], reconnection: false, forceNew: true });
  return new Promise((resolve) =>
    socket.once('connect_error', () => {
      socket.close();
      resolve();
    }),
  );
}
