import { expect } from 'chai';
import { type Cluster, type Member, startCluster } from './cluster.ts';

describe('Limits in a cluster', () => {
  let cluster: Cluster;
  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster(this);
    const limits = { RATE_LIMITS: 'on', RATE_LOGIN_ACCOUNT: '5/900', RATE_OPERATIONS: '6/60', RATE_SENDS: '4/60' };
    for (let index = 0; index < 2; index += 1) await cluster.addHere({ ...limits, RATE_SENDS_BURST: '4' });
  });
  after(() => cluster?.stop());

  /** Calls the nodes in turn. */
  async function inTurn(times: number, ask: (url: string) => Promise<Response>): Promise<Response[]> {
    const answers: Response[] = [];
    for (let index = 0; index < times; index += 1) answers.push(await ask(cluster.nodes[index % 2]?.url ?? ''));
    return answers;
  }
  const post = (url: string, body: object) =>
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const statuses = (answers: readonly Response[]) => answers.map(({ status }) => status);

  it('count operations, sends and failed logins on all nodes together', async () => {
    const [one] = (await cluster.enroll(1)) as [Member];
    const headers = { authorization: `Bearer ${one.token}` };
    const asked = await inTurn(7, (url) => fetch(`${url}/api/me`, { headers }));
    expect(statuses(asked)).to.deep.equal([200, 200, 200, 200, 200, 200, 429]);
    expect(asked.map((answer) => answer.headers.get('ratelimit-remaining')).slice(0, 6)).to.deep.equal([
      ...['5', '4', '3', '2', '1', '0'],
    ]);
    const send = (url: string) => {
      const body = JSON.stringify({ conversation_id: 1, content: 'Hello!' });
      return fetch(`${url}/api/messages`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
      });
    };
    expect(statuses(await inTurn(5, send))).to.deep.equal([403, 403, 403, 403, 429]);
    const wrong = (url: string) => post(`${url}/api/login`, { username: one.username, password: 'WrongPassword1' });
    expect(statuses(await inTurn(6, wrong))).to.deep.equal([401, 401, 401, 401, 401, 429]);
  });

  it('let a one-time code be tried five times on all nodes together', async () => {
    const account = { username: 'tried', email: 'tried@example.org', password: 'StrongPassword123' };
    await post(`${cluster.node(0).url}/api/signup/initiate`, account);
    const otp = /^\d{6}$/m.exec((await cluster.smtp.next(account.email)).text)?.[0] ?? '';
    const wrong = otp === '000000' ? '000001' : '000000';
    const verify = (code: string) => (url: string) => post(`${url}/api/signup/verify`, { ...account, otp: code });
    expect(statuses(await inTurn(5, verify(wrong)))).to.deep.equal([422, 422, 422, 422, 422]);
    expect(statuses(await inTurn(2, verify(otp)))).to.deep.equal([422, 422]);
  });
});
