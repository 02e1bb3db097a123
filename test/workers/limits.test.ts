import { Agent, request } from 'node:http';
import { expect } from 'chai';
import { askAnew, askJson, type Server, startServer } from './server.ts';

const LIMITS = {
  RATE_LIMITS: 'on',
  RATE_LOGIN_ACCOUNT: '5/900',
  RATE_OPERATIONS: '6/60',
  RATE_SENDS: '4/60',
  RATE_SENDS_BURST: '4',
  RATE_SIGNUP_ORIGIN: '3/600',
  TRUST_PROXY: '1',
};
const PASSWORD = 'StrongPassword123';

describe('Limits of two workers', function () {
  this.timeout(30_000);
  let server: Server;
  before(async () => {
    server = await startServer('sqlite', LIMITS);
  });
  after(() => server?.end());

  /** One after the other, each on a connection of its own: the workers get them in turn. */
  async function inTurn<T>(times: number, ask: (index: number) => Promise<T>): Promise<T[]> {
    const answers: T[] = [];
    for (let index = 0; index < times; index += 1) answers.push(await ask(index));
    return answers;
  }

  it('count what is asked of both together: operations, sends and failed logins', async () => {
    const one = await server.people.signUp('one');
    const headers = { authorization: `Bearer ${one.token}` };
    const asked = await inTurn(7, () => askAnew(`${server.url}/api/me`, { headers }));
    expect(asked.map(({ status }) => status)).to.deep.equal([200, 200, 200, 200, 200, 200, 429]);
    expect(asked.slice(0, 6).map((answer) => answer.headers['ratelimit-remaining'])).to.deep.equal([
      ...['5', '4', '3', '2', '1', '0'],
    ]);
    const send = () => askJson(`${server.url}/api/messages`, { conversation_id: 1, content: 'Hello!' }, one);
    expect((await inTurn(5, send)).map(({ status }) => status)).to.deep.equal([403, 403, 403, 403, 429]);
    const wrong = () => askJson(`${server.url}/api/login`, { username: one.username, password: 'WrongPassword1' });
    expect((await inTurn(6, wrong)).map(({ status }) => status)).to.deep.equal([401, 401, 401, 401, 401, 429]);
  });

  it('are counted under the address that the proxy saw, for each request of one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const initiate = (address: string, name: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/json', 'x-forwarded-for': `6.6.6.6, ${address}` };
        const asking = request(`${server.url}/api/signup/initiate`, { method: 'POST', agent, headers }, (response) => {
          response.resume().once('end', () => resolve(response.statusCode ?? 0));
        });
        const account = { username: name, email: `${name}@example.org`, password: PASSWORD };
        asking.on('error', reject).end(JSON.stringify(account));
      });
    try {
      const statuses = await inTurn(8, (index) => initiate(`10.0.0.${index % 2}`, `proxied${index}`));
      expect(statuses).to.deep.equal([200, 200, 200, 200, 200, 200, 429, 429]);
    } finally {
      agent.destroy();
    }
  });

  it('let a ticket be used once, and a one-time code be tried five times, in both together', async () => {
    const account = { username: 'tried', email: 'tried@example.org', password: PASSWORD };
    const from = (index: number) => ({ 'content-type': 'application/json', 'x-forwarded-for': `10.1.0.${index}` });
    const post = (path: string, body: object, index: number) =>
      askAnew(`${server.url}${path}`, { method: 'POST', headers: from(index), body: JSON.stringify(body) });
    expect((await post('/api/signup/initiate', account, 0)).status).to.equal(200);
    const otp = /^\d{6}$/m.exec((await server.smtp.next(account.email)).text)?.[0] ?? '';
    const wrong = otp === '000000' ? '000001' : '000000';
    const tried = await inTurn(5, (index) => post('/api/signup/verify', { ...account, otp: wrong }, index));
    expect(tried.map(({ status }) => status)).to.deep.equal([422, 422, 422, 422, 422]);
    expect((await post('/api/signup/verify', { ...account, otp }, 5)).status, 'dead').to.equal(422);
  });
});
