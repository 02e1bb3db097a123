import { expect } from 'chai';
import { numbersOf } from '../operating/operator.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { ask, newAccount, type Reply } from './asking.ts';

/** What differs between any two answers. */
const VOLATILE = new Set(['date', 'x-request-id']);
const ROUNDS = 9;
/** Far more than the look-ups differ by, far less than hashing a password or waiting for a mail server takes. */
const SAME_TIME_MS = 25;

/** Random, and as long in every answer. */
const hidden = (text: string) => text.replace(/[\w-]{43}/g, 'random').replace(/expires=[^;]+/, 'expires');

/** Everything of an answer that a caller could compare. */
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

  it('does not show when somebody signs up with it; its owner gets a letter that says so, without a code', async () => {
    const owner = await app.person('owner');
    const free = newAccount();
    const taken = { ...newAccount(), email: owner.email };
    const replies = [await ask(app, 'signup/initiate', free), await ask(app, 'signup/initiate', taken)];
    expect(replies[0]?.status).to.equal(200);
    expect(seen(replies[1] as Reply)).to.deep.equal(seen(replies[0] as Reply));
    const letter = await app.smtp.next(owner.email);
    expect(letter.text).to.include('already has an account').and.not.match(/\d{4}/);
    expect((await app.smtp.next(free.email)).text).to.match(/^\d{6}$/m);
    const verified = await ask(app, 'signup/verify', { ...taken, otp: '123456' });
    const wrongCode = await ask(app, 'signup/verify', { ...free, otp: '12345' });
    expect(seen(verified)).to.deep.equal(seen(wrongCode));
  });

  it('does not show in another spelling of it either', async () => {
    const owner = await app.person('owner');
    const shouted = owner.email.replace('owner', 'OWNER');
    expect((await ask(app, 'signup/initiate', { ...newAccount(), email: shouted })).status).to.equal(200);
    expect((await app.smtp.next(owner.email)).text).to.include('already has an account');
  });

  it('does not show when its password is forgotten; an unknown address gets no letter', async () => {
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
    expect(app.smtp.letters.map(({ to }) => to)).not.to.include('nobody@example.com');
  });

  it('does not show in the work that follows: a letter to nobody is queued and composed as well', async () => {
    const people = Array.from({ length: 6 }, (_, index) => `nobody${index}@example.com`);
    for (const email of people) expect((await ask(app, 'forgot/initiate', { email })).status).to.equal(200);
    expect((await numbersOf(app.url)).get('mmchat_mail_queue'), 'letters that wait').to.be.above(0);
  });

  it('does not show in how long the answers take', async () => {
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
