import { networkInterfaces } from 'node:os';
import { startApp, type TestApp } from '../support/app.ts';
import { Visitor } from './visitor.ts';

const UNAUTHENTICATED = /Failed to load resource: the server responded with a status of 401/;

describe('A login whose cookie the browser does not keep', function () {
  this.timeout(120_000);
  let app: TestApp | undefined;
  let visitor: Visitor | undefined;
  afterEach(async () => {
    await visitor?.close();
    await app?.stop();
  });

  it('is explained over http:// if the server requires https://', async function () {
    const address = Object.values(networkInterfaces())
      .flat()
      .find((each) => each?.family === 'IPv4' && !each.internal)?.address;
    if (address === undefined) return this.skip(); // browsers keep secure cookies of localhost even over http://
    app = await startApp('sqlite', { COOKIE_SECURE: 'on', HTTP_ADDR: '0.0.0.0:0' });
    const { username, password } = await app.person('alice');
    visitor = await Visitor.open(this, `http://${address}:${new URL(app.url).port}`);
    visitor.expectInConsole(/Cross-Origin-Opener-Policy|Origin-Agent-Cluster|untrustworthy/i);
    await visitor.page.getByLabel('Username').fill(username);
    await visitor.page.getByLabel('Password').fill(password);
    await visitor.at('button', 'Log in').click();
    await visitor.text('Your browser did not keep the login.').waitFor();
    await visitor.text(/logging in needs https:\/\//).waitFor();
  });

  it('because it is damaged shows the form, and is replaced by the next login', async function () {
    app = await startApp();
    const { username, password } = await app.person('alice');
    visitor = await Visitor.open(this, app.url, { storageState: { origins: [], cookies: [damagedCookie(app.url)] } });
    visitor.expectInConsole(UNAUTHENTICATED);
    await visitor.at('heading', 'Log in').waitFor();
    await visitor.page.getByLabel('Username').fill(username);
    await visitor.page.getByLabel('Password').fill(password);
    await visitor.at('button', 'Log in').click();
    await visitor.at('button', `Your profile: ${username}`).waitFor();
  });
});

const damagedCookie = (url: string) => ({
  name: 'token',
  value: 'e30.e30x.damaged',
  domain: new URL(url).hostname,
  path: '/',
  expires: -1,
  httpOnly: true,
  secure: false,
  sameSite: 'Lax' as const,
});
