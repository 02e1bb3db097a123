import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { codeIn } from '../support/people.ts';
import { requireRedis } from '../support/services.ts';
import { IS_SOAK } from '../support/soak.ts';
import { ask, newAccount, type Reply } from './requests.ts';

const ADDRESSES = IS_SOAK ? 15 : 6;
/** E-mails with codes for new passwords are sent within a second; after a longer silence none is pending. */
const QUIET_MS = 1_300;
const NEW = { new_password: 'AnotherPassword1' };

onEachDatabase('Of several codes that are requested concurrently', (kind) => {
  let app: TestApp;
  before(async function () {
    // several nodes require Redis
    const shared: Record<string, string> = kind === 'postgresql' ? { REDIS_URL: (await requireRedis(this)).url } : {};
    app = await startApp(kind, { OTP_DIGITS: '10', ...shared });
  });
  after(() => app.stop());

  const lastEmailTo = (email: string) => app.smtp.emails.findLast(({ to }) => to === email)?.text ?? 'no e-mail';
  const requestOf = ({ body }: Reply): string => body.request_id;

  async function askedAtOnce(path: string, accounts: { email: string }[], servers = [app.url]): Promise<Reply[][]> {
    const replies = await Promise.all(
      accounts.map((account) =>
        Promise.all([0, 1, 2].map((turn) => ask({ url: servers[turn % servers.length] ?? app.url }, path, account))),
      ),
    );
    for (let count = -1; count < app.smtp.emails.length; await sleep(QUIET_MS)) count = app.smtp.emails.length;
    return replies;
  }

  it('the one in the last e-mail signs up a client that names no request', async () => {
    const accounts = Array.from({ length: ADDRESSES }, () => newAccount());
    await askedAtOnce('signup/initiate', accounts);
    const replies = await Promise.all(
      accounts.map((each) => ask(app, 'signup/verify', { ...each, otp: codeIn(lastEmailTo(each.email)) })),
    );
    expect(replies.map(({ status }) => status)).to.deep.equal(accounts.map(() => 200));
  });

  it('the one in the last e-mail sets a password, whichever of the requests the browser’s cookie names', async () => {
    const people = await Promise.all(Array.from({ length: ADDRESSES }, () => app.person()));
    const asked = await askedAtOnce('forgot/initiate', people);
    const replies = await Promise.all(
      people.map(({ email }, index) => {
        const request_id = requestOf(asked[index]?.[index % 3] as Reply);
        return ask(app, 'forgot/reset', { email, otp: codeIn(lastEmailTo(email)), request_id, ...NEW });
      }),
    );
    expect(replies.map(({ status }) => status)).to.deep.equal(people.map(() => 200));
  });

  it('wrong attempts that name a request count once, for its code and the newest code together', async () => {
    const { email } = await app.person();
    const [asked = []] = await askedAtOnce('forgot/initiate', [{ email }]);
    const otp = codeIn(lastEmailTo(email));
    for (let round = 0; round < 5; round += 1)
      expect(
        (await ask(app, 'forgot/reset', { email, otp: '0', request_id: requestOf(asked[0] as Reply), ...NEW })).status,
      ).to.equal(422);
    const late = await ask(app, 'forgot/reset', { email, otp, request_id: requestOf(asked[0] as Reply), ...NEW });
    expect(late.status, 'the attempts are used up').to.equal(422);
    const other = await ask(app, 'forgot/reset', { email, otp, request_id: requestOf(asked[1] as Reply), ...NEW });
    expect(other.status, 'but not those of other requests').to.equal(200);
  });

  // a SQLite file belongs to one process
  if (kind === 'postgresql')
    it('on two nodes, the one in the last e-mail sets a password', async () => {
      const other: App = await createApp(readConfig({ ...app.env }));
      try {
        const people = await Promise.all(Array.from({ length: ADDRESSES }, () => app.person()));
        await askedAtOnce('forgot/initiate', people, [app.url, other.url]);
        const replies = await Promise.all(
          people.map(({ email }) => ask(app, 'forgot/reset', { email, otp: codeIn(lastEmailTo(email)), ...NEW })),
        );
        expect(replies.map(({ status }) => status)).to.deep.equal(people.map(() => 200));
      } finally {
        await other.stop();
      }
    });
});
