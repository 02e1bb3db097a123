import { expect } from 'chai';
import { type Program, startProgram } from '../config/program.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { codeIn } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { buildWebClient } from '../support/web-client.ts';
import { Visitor } from './visitor.ts';

const PASSWORD = 'StrongPassword123';
const REFUSED = /Failed to load resource: the server responded with a status of (401|409|422)/;

describe('On the page, an account', function () {
  this.timeout(30_000);
  let app: TestApp;
  let visitor: Visitor;
  before(async () => {
    await buildWebClient();
    app = await startApp();
  });
  after(() => app?.stop());
  beforeEach(async function () {
    visitor = await Visitor.open(this, app.url);
  });
  afterEach(() => visitor?.close());

  async function fill(fields: Record<string, string>): Promise<void> {
    for (const [label, value] of Object.entries(fields))
      await visitor.page.getByLabel(label, { exact: true }).fill(value);
  }
  const press = (name: string) => visitor.at('button', name).click();

  it('is made with a code from a letter, and stays logged in when the page is loaded anew', async () => {
    await visitor.at('link', 'Make an account').click();
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

  it('that cannot be made says why beside the field', async () => {
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

  it('is logged in to and out of; a wrong password and a wrong code are told', async () => {
    visitor.expectInConsole(REFUSED);
    const { username } = await app.person('lena');
    await fill({ Username: username, Password: 'not the password' });
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

  it('is left when its session is ended elsewhere', async function () {
    const person = await app.person('rita');
    await visitor.close();
    visitor = await Visitor.as(this, app, person);
    await person.rest.ask('logout');
    await visitor.text('You are logged out.').waitFor();
    await visitor.at('heading', 'Log in').waitFor();
  });

  it('gets a new password with a code from a letter', async () => {
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
    await fill({ Username: username, Password: 'AnotherPassword456' });
    await press('Log in');
    await visitor.at('button', `Your profile: ${username}`).waitFor();
  });

  it('changes its name and its picture, for everybody to see', async function () {
    const [vera, walt] = await app.people('vera', 'walt');
    await vera.rest.ask('open_private_conversation', { other_user_id: walt.id });
    await visitor.close();
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

/** A picture that is there without asking the web for one. */
const iconOf = (visitor: Visitor) => visitor.page.locator('link[rel=icon]').getAttribute('href');

describe('On a server that is being tried out', function () {
  this.timeout(30_000);
  let folder: string;
  let program: Program | undefined;
  before(async () => {
    await buildWebClient();
    folder = makeTemporaryFolder('tried-out');
    program = await startProgram(folder);
  });
  after(async () => {
    await program?.stop();
    removeTemporaryFolder(folder);
  });

  it('the code is one click away, on the outbox page', async function () {
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
