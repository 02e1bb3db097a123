import { expect } from 'chai';
import { numbersOf } from '../monitoring/operator.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { ask, newAccount, type Reply } from './requests.ts';

/** Headers that differ between any two answers. */
const VOLATILE = new Set(['date', 'x-request-id']);
const ROUNDS = 9;
/** Far more than the queries differ by, and far less than the time of a password hash or of a mail server. */
const SAME_TIME_MS = 25;

/** Random, and equally long in all answers. */
const hidden = (text: string) => text.replace(/[\w-]{43}/g, 'random').replace(/expires=[^;]+/, 'expires');

/** The parts of an answer that a caller can compare. */
function seen({ status, headers, body }: Reply) {
  const compared = [...headers].filter(([name]) => !VOLATILE.has(name)).map(([name, value]) => [name, hidden(value)]);
  expect(
    compared.map(([name]) => name),
    'need headers to compare',
  ).to.include('content-type');
  return { status, headers: compared, body: hidden(JSON.stringify(body)) };
}

async function medianMs(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[(ROUNDS - 1) / 2] ?? 0;
}

describe('Whether an address has an account', () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await startApp();
  });
  afterEach(() => app.stop());

  it('does not show at signup; its owner receives an e-mail about it, without a code', async () => {
    const owner = await app.person('owner');
    const free = newAccount();
    const taken = { ...newAccount(), email: owner.email };
    const replies = [await ask(app, 'signup/initiate', free), await ask(app, 'signup/initiate', taken)];
    expect(replies[0]?.status).to.equal(200);
    expect(seen(replies[1] as Reply)).to.deep.equal(seen(replies[0] as Reply));
    const email = await app.smtp.next(owner.email);
    expect(email.text).to.include('already has an account').and.not.match(/\d{4}/);
    expect((await app.smtp.next(free.email)).text).to.match(/^\d{6}$/m);
    const verified = await ask(app, 'signup/verify', { ...taken, otp: '123456' });
    const wrongCode = await ask(app, 'signup/verify', { ...free, otp: '12345' });
    expect(seen(verified)).to.deep.equal(seen(wrongCode));
  });

  it('does not show in another spelling of it', async () => {
    const owner = await app.person('owner');
    const shouted = owner.email.replace('owner', 'OWNER');
    expect((await ask(app, 'signup/initiate', { ...newAccount(), email: shouted })).status).to.equal(200);
    expect((await app.smtp.next(owner.email)).text).to.include('already has an account');
  });

  it('does not show in a password reset; an unknown address receives no e-mail', async () => {
    const owner = await app.person('owner');
    const unknown = await ask(app, 'forgot/initiate', { email: 'nobody@example.com' });
    const known = await ask(app, 'forgot/initiate', { email: owner.email });
    const { request_id: requestId, ...documented } = known.body;
    expect(documented).to.deep.equal({ success: true, message: 'OTP sent' });
    expect(requestId).to.be.a('string').with.length(43);
    expect(seen(unknown)).to.deep.equal(seen(known));
    const reset = { otp: '12345', new_password: 'AnotherPassword1' };
    const replies = [owner.email, 'nobody@example.com'].map((email) => ask(app, 'forgot/reset', { email, ...reset }));
    const [one, other] = await Promise.all(replies);
    expect(one?.status).to.equal(422);
    expect(seen(one as Reply)).to.deep.equal(seen(other as Reply));
    expect((await app.smtp.next(owner.email)).text).to.match(/^\d{6}$/m);
    expect(app.smtp.emails.map(({ to }) => to)).not.to.include('nobody@example.com');
  });

  it('does not show in the load: an e-mail for an unknown address is also queued and composed', async () => {
    const people = Array.from({ length: 6 }, (_, index) => `nobody${index}@example.com`);
    for (const email of people) expect((await ask(app, 'forgot/initiate', { email })).status).to.equal(200);
    expect((await numbersOf(app.url)).get('mmchat_mail_queue'), 'e-mails in the queue').to.be.above(0);
  });

  it('does not show in the time of the answers', async () => {
    const owner = await app.person('owner');
    const pairs = [
      ['signup/initiate', { ...newAccount(), email: owner.email }, newAccount()],
      ['forgot/initiate', { email: owner.email }, { email: 'nobody@example.com' }],
    ] as const;
    for (const [path, known, unknown] of pairs) {
      const [one, other] = [await medianMs(() => ask(app, path, known)), await medianMs(() => ask(app, path, unknown))];
      expect(Math.abs(one - other), path).to.be.below(SAME_TIME_MS);
    }
  });
});
