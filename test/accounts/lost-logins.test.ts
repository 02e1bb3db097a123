import { request } from 'node:http';
import { expect } from 'chai';
import { type Program, startProgram } from '../config/program.ts';
import { codeIn, post } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';

const ACCOUNT = { username: 'alice', email: 'alice@example.com', password: 'StrongPassword123' };
const ALLOWED = 'https://app.example.org,https://app.example.com,http://localhost:5173';

describe('A login whose cookie the browser will drop', function () {
  this.timeout(120_000);
  let folder: string;
  let program: Program;
  beforeEach(() => {
    folder = makeTemporaryFolder('lost-logins');
  });
  afterEach(async () => {
    await program.stop();
    removeTemporaryFolder(folder);
  });

  async function start(env: Record<string, string>): Promise<void> {
    const all = { LOG_LEVEL: 'warn', BCRYPT_COST: '4', RATE_LIMITS: 'off', CORS_ORIGINS: ALLOWED, ...env };
    program = await startProgram(folder, all);
    await post(`${program.url}/api/signup/initiate`, ACCOUNT);
    const otp = codeIn(
      await (await fetch(`${program.url}/dev/outbox`)).text().then((page) => page.replace(/<[^>]+>/g, '\n')),
    );
    expect((await post(`${program.url}/api/signup/verify`, { ...ACCOUNT, otp })).status).to.equal(200);
  }

  async function logIn(headers: Record<string, string>): Promise<void> {
    expect((await post(`${program.url}/api/login`, ACCOUNT, headers)).status).to.equal(200);
  }

  /** Logs in from a page of the server itself, under a name of its own. */
  function logInAt(host: string, origin: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const headers = { host, origin, 'content-type': 'application/json' };
    request(`${program.url}/api/login`, { method: 'POST', headers }, ({ statusCode }) =>
      statusCode === 200 ? resolve() : reject(new Error(`${statusCode}`)),
    )
      .on('error', reject)
      .end(JSON.stringify(ACCOUNT));
    return promise;
  }

  /** The origins of the logged warnings, in order, with the named variable. */
  const warned = () =>
    program
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.includes(' has logged in'))
      .map((line) => JSON.parse(line))
      .map(({ level, origin, msg }) => [level, origin, /COOKIE_\w+=\w+/.exec(msg)?.[0]]);

  it('because the request comes from another site is logged as a warning, once per origin', async () => {
    await start({});
    await logIn({});
    await logIn({ origin: program.url });
    await logIn({ origin: 'http://localhost:5173', 'sec-fetch-site': 'same-site' });
    for (let times = 0; times < 2; times += 1)
      await logIn({ origin: 'https://app.example.org', 'sec-fetch-site': 'cross-site' });
    await logIn({ origin: 'https://app.example.com' });
    await program.stop();
    expect(warned()).to.deep.equal([
      [40, 'https://app.example.org', 'COOKIE_SAMESITE=none'],
      [40, 'https://app.example.com', 'COOKIE_SAMESITE=none'],
    ]);
    expect(program.output()).not.to.include(ACCOUNT.password).and.not.include('token=');
  });

  it('because the request comes over http:// and the cookie is secure is logged as a warning', async () => {
    await start({ COOKIE_SECURE: 'on' });
    await logInAt('chat.example.com', 'http://chat.example.com');
    await logInAt('chat.example.net', 'https://chat.example.net');
    await logInAt('localhost', 'http://localhost');
    await program.stop();
    expect(warned()).to.deep.equal([[40, 'http://chat.example.com', 'COOKIE_SECURE=off']]);
  });

  it('causes no warning if the cookie is for other sites', async () => {
    await start({ COOKIE_SAMESITE: 'none', COOKIE_SECURE: 'on' });
    await logIn({ origin: 'https://app.example.org', 'sec-fetch-site': 'cross-site' });
    await logIn({ origin: program.url });
    await program.stop();
    expect(warned()).to.deep.equal([]);
  });
});
