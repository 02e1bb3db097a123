import { expect } from 'chai';
import { sql } from 'kysely';
import { claimsOf, forge, inSeconds } from '../accounts/forged-tokens.ts';
import { withDatabase } from '../accounts/requests.ts';
import { type Program, startProgram } from '../config/program.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { codeIn } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { Visitor } from './visitor.ts';

const PASSWORD = 'StrongPassword123';
const REFUSED = /Failed to load resource: the server responded with a status of (401|409|422)/;

describe('An account on the page', function () {
  this.timeout(120_000);
  let app: TestApp;
  let visitor: Visitor;
  before(async () => {
    app = await startApp();
  });
  after(() => app?.stop());
  afterEach(() => visitor?.close());

  async function fill(fields: Record<string, string>): Promise<void> {
    for (const [label, value] of Object.entries(fields))
      await visitor.page.getByLabel(label, { exact: true }).fill(value);
  }
  const press = (name: string) => visitor.at('button', name).click();

  it('is created with a code from an e-mail, and stays logged in after a reload', async function () {
    visitor = await Visitor.open(this, app.url);
    await visitor.at('link', 'Create an account').click();
    await visitor.at('heading', 'Sign up').waitFor();
    await fill({ Username: 'nora', 'E-mail': 'nora@example.com', Password: PASSWORD });
    await press('Send me a code');
    await visitor.text('We have sent a code to nora@example.com').waitFor();
    expect(await visitor.at('link', 'open its outbox').count(), 'there is a mail server').to.equal(0);
    await fill({ Code: codeIn((await app.smtp.next('nora@example.com')).text) });
    await press('Start chatting');
    await visitor.at('button', 'Your profile: nora').waitFor();
    await visitor.page.reload();
    await visitor.at('button', 'Your profile: nora').waitFor();
  });

  it('that cannot be created shows the error next to the field', async function () {
    visitor = await Visitor.open(this, app.url);
    visitor.expectInConsole(REFUSED, /status of 400/);
    const { username } = await app.person('taken');
    await visitor.page.goto('/#/signup');
    await visitor.at('heading', 'Sign up').waitFor();
    await fill({ Username: 'no', 'E-mail': 'nobody@example', Password: 'short' });
    await press('Send me a code');
    await visitor.text('Username has to have 3 to 32 letters').waitFor();
    await visitor.text('E-mail has to be an e-mail address.').waitFor();
    const field = visitor.page.getByLabel('Username', { exact: true });
    expect(await field.getAttribute('aria-invalid')).to.equal('true');
    await fill({ Username: username, 'E-mail': 'nobody@example.com', Password: PASSWORD });
    await press('Send me a code');
    await visitor.at('alert', '').filter({ hasText: 'This username is taken.' }).waitFor();
  });

  it('logs in and out, and shows an error for a wrong password', async function () {
    visitor = await Visitor.open(this, app.url);
    visitor.expectInConsole(REFUSED);
    const { username } = await app.person('lena');
    await fill({ 'Username or e-mail address': username, Password: 'not the password' });
    await press('Log in');
    await visitor.text('Wrong username or password.').waitFor();
    await fill({ Password: PASSWORD });
    await visitor.page.keyboard.press('Enter');
    await visitor.at('button', `Your profile: ${username}`).click();
    await press('Log out');
    await visitor.text('You are logged out.').waitFor();
    await visitor.page.reload();
    await visitor.at('heading', 'Log in').waitFor();
    expect(await visitor.context.cookies()).to.deep.equal([]);
  });

  it('is logged out when its session ends elsewhere', async function () {
    const person = await app.person('rita');
    visitor = await Visitor.as(this, app, person);
    await person.rest.ask('logout');
    await visitor.text('You are logged out.').waitFor();
    await visitor.at('heading', 'Log in').waitFor();
  });

  it('gets a new password with a code from an e-mail, and shows an error for a wrong code', async function () {
    visitor = await Visitor.open(this, app.url);
    visitor.expectInConsole(REFUSED);
    const { username, email } = await app.person('olga');
    await visitor.at('link', 'Forgot your password?').click();
    await fill({ 'E-mail': email });
    await press('Send me a code');
    await fill({ Code: '000000x', 'New password': 'AnotherPassword456' });
    await press('Change my password');
    await visitor.text('The code is wrong, used or expired.').waitFor();
    await fill({ Code: codeIn((await app.smtp.next(email)).text) });
    await press('Change my password');
    await visitor.at('link', 'Log in').click();
    await visitor.at('heading', 'Log in').waitFor();
    await fill({ 'Username or e-mail address': username, Password: 'AnotherPassword456' });
    await press('Log in');
    await visitor.at('button', `Your profile: ${username}`).waitFor();
  });

  it('changes its password, and stays logged in on this device', async function () {
    const person = await app.person('petra');
    visitor = await Visitor.as(this, app, person);
    await visitor.at('button', `Your profile: ${person.username}`).click();
    await press('Change password');
    await visitor.at('heading', 'Change your password').waitFor();
    expect(await visitor.page.evaluate(() => document.activeElement?.getAttribute('name'))).to.equal('password');
    await fill({ 'Old password': 'not the password', 'New password': 'AnotherPassword456' });
    await press('Change my password');
    await visitor.text('Old password is wrong.').waitFor();
    await fill({ 'Old password': PASSWORD, 'New password': 'password1' });
    await press('Change my password');
    await visitor.text('New password must not be one of the commonest passwords.').waitFor();
    await fill({ 'New password': 'AnotherPassword456' });
    await press('Change my password');
    await visitor.at('status', '').filter({ hasText: 'Your password is changed' }).waitFor();
    await press('Done');
    await visitor.page.reload();
    await visitor.at('button', `Your profile: ${person.username}`).click();
    await press('Log out');
    await visitor.text('You are logged out.').waitFor();
    await fill({ 'Username or e-mail address': person.email, Password: 'AnotherPassword456' });
    await press('Log in');
    await visitor.at('button', `Your profile: ${person.username}`).waitFor();
  });

  it('gets a new cookie while its session is in use', async function () {
    const person = await app.person('tara');
    await withDatabase(app, ({ sql: db }) =>
      sql`update sessions set created_at = created_at - 43200000, expires_at = expires_at - 43200000
        where user_id = ${person.id}`.execute(db),
    );
    const half = forge(app, { ...claimsOf(person), exp: inSeconds(43_200) });
    visitor = await Visitor.as(this, app, { ...person, token: half, cookie: `token=${half}` });
    await visitor.at('button', `Your profile: ${person.username}`).waitFor();
    let token = half;
    while (token === half) token = (await visitor.context.cookies()).find(({ name }) => name === 'token')?.value ?? '';
    expect(claimsOf({ ...person, token }).exp).to.be.above(inSeconds(80_000));
  });

  it('changes its name and picture for everybody', async function () {
    const [vera, walt] = await app.people('vera', 'walt');
    await vera.rest.ask('open_private_conversation', { other_user_id: walt.id });
    visitor = await Visitor.as(this, app, vera);
    await visitor.at('button', `Your profile: ${vera.username}`).click();
    await fill({ Username: 'vera.new', Picture: `${app.url}${await iconOf(visitor)}` });
    await press('Save');
    await visitor.at('button', 'Your profile: vera.new').locator('img').waitFor();
    expect(await visitor.page.locator('dialog').count()).to.equal(0);
    const { users } = await walt.rest.ask('search_users', { q: 'vera.new' });
    expect(users).to.have.length(1);
  });
});

/** A picture on the same server, without a request to the web. */
const iconOf = (visitor: Visitor) => visitor.page.locator('link[rel=icon]').getAttribute('href');

describe('On a development server', function () {
  this.timeout(120_000);
  let folder: string;
  let program: Program | undefined;
  before(async () => {
    folder = makeTemporaryFolder('development');
    program = await startProgram(folder);
  });
  after(async () => {
    await program?.stop();
    removeTemporaryFolder(folder);
  });

  it('the page links to the outbox with the code', async function () {
    const visitor = await Visitor.open(this, program?.url ?? '');
    await visitor.page.goto('/#/signup');
    await visitor.at('heading', 'Sign up').waitFor();
    await visitor.page.getByLabel('Username').fill('ida');
    await visitor.page.getByLabel('E-mail').fill('ida@example.com');
    await visitor.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await visitor.at('button', 'Send me a code').click();
    const opened = visitor.context.waitForEvent('page');
    await visitor.at('link', 'open its outbox').click();
    const outbox = await opened;
    const problems: string[] = [];
    outbox.on('console', (message) => problems.push(message.text()));
    const code = (await outbox.locator('strong').first().textContent()) ?? '';
    expect(await outbox.locator('main').evaluate((main) => getComputedStyle(main).fontFamily)).to.include('system-ui');
    expect(problems).to.deep.equal([]);
    await outbox.close();
    await visitor.page.getByLabel('Code').fill(code);
    await visitor.at('button', 'Start chatting').click();
    await visitor.at('button', 'Your profile: ida').waitFor();
    await visitor.close();
  });
});
