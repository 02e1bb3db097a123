import { startApp, type TestApp } from '../support/app.ts';
import type { Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { checkAppearance } from './check-appearance.ts';
import { createSampleConversations } from './sample-conversations.ts';
import { Visitor } from './visitor.ts';

describe('The page is accessible, and looks right,', function () {
  this.timeout(120_000);
  let app: TestApp;
  let alice: Person;
  let users: Map<string, Person>;
  const clients: Client[] = [];
  before(async () => {
    app = await startApp();
    ({ alice, users } = await createSampleConversations(app));
    for (const name of ['clara', 'david', 'frida.k']) clients.push((await users.get(name)?.socketio()) as Client);
  });
  after(() => app?.stop());

  const dialog = (visitor: Visitor) => visitor.page.getByRole('dialog');

  it('when logging in and signing up', async function () {
    const visitor = await Visitor.open(this, app.url);
    visitor.expectInConsole(/status of (400|401)/);
    await visitor.at('heading', 'Log in').waitFor();
    await visitor.page.getByLabel('Username').fill('alice');
    await visitor.page.getByLabel('Password', { exact: true }).fill('not my password');
    await visitor.page.keyboard.press('Enter');
    await visitor.text('Wrong username or password.').waitFor();
    await checkAppearance(visitor, 'log-in');
    await visitor.at('link', 'Create an account').click();
    await visitor.at('heading', 'Sign up').waitFor();
    await visitor.page.getByLabel('Username').fill('new.here');
    await visitor.page.getByLabel('E-mail').fill('new.here@example');
    await visitor.page.getByLabel('Password', { exact: true }).fill('StrongPassword123');
    await visitor.page.keyboard.press('Enter');
    await visitor.text('E-mail has to be').waitFor();
    await checkAppearance(visitor, 'sign-up');
    await visitor.page.getByLabel('E-mail').fill('new.here@example.com');
    await visitor.page.keyboard.press('Enter');
    await visitor.text('We have sent a code').waitFor();
    await checkAppearance(visitor, 'sign-up-code');
    await visitor.close();
  });

  it('without conversations', async function () {
    const visitor = await Visitor.as(this, app, await app.person('newcomer'));
    await visitor.text('No conversations yet.').waitFor();
    await checkAppearance(visitor, 'empty');
    await visitor.close();
  });

  it('with conversations', async function () {
    const visitor = await Visitor.as(this, app, alice);
    visitor.expectInConsole(/ERR_INTERNET_DISCONNECTED/, /WebSocket connection to/);
    await visitor.page.locator('a.row').nth(4).waitFor();
    await checkAppearance(visitor, 'conversations');
    await visitor.openConversation('Sunday hike');
    await visitor.message('See you there!').waitFor();
    const { conversations } = await alice.rest.ask('list_conversations');
    await clients[0]?.ask('typing_start', conversations[0]);
    await visitor.text('clara is typing…').waitFor();
    await checkAppearance(visitor, 'group');
    await visitor.message('the four of us').hover();
    await visitor
      .message('the four of us')
      .getByRole('button', { name: /^Actions/ })
      .click();
    await checkAppearance(visitor, 'message-menu');
    await visitor.at('menuitem', 'Read receipts').click();
    await checkAppearance(visitor, 'readers');
    await visitor.page.keyboard.press('Escape');
    await visitor.choose('good map', 'Edit');
    await checkAppearance(visitor, 'editing');
    await visitor.page.keyboard.press('Escape');
    await visitor.at('button', 'Group details').click();
    await dialog(visitor).getByLabel('Add people').fill('geo');
    await dialog(visitor).getByText('george').waitFor();
    await checkAppearance(visitor, 'group-details');
    await dialog(visitor).getByRole('button', { name: 'Close' }).click();
    await visitor.at('button', /^Your profile/).click();
    await checkAppearance(visitor, 'profile');
    await visitor.page.keyboard.press('Escape');
    await visitor.at('button', 'New group').click();
    await dialog(visitor).getByLabel('Name', { exact: true }).fill('Picnic');
    for (const name of ['clara', 'david']) {
      await dialog(visitor).getByLabel('Add people').fill(name);
      await dialog(visitor).locator('button.row', { hasText: name }).click();
    }
    await checkAppearance(visitor, 'new-group');
    await dialog(visitor).getByRole('button', { name: 'Close' }).click();
    await visitor.page.goto('/#/');
    await visitor.at('searchbox', 'Search conversations and people').fill('e');
    await visitor.at('heading', 'People').waitFor();
    await checkAppearance(visitor, 'search');
    await visitor.at('searchbox', 'Search conversations and people').fill('');
    await visitor.openConversation('frida.k');
    await visitor.send('Looks good to me. One thing:\nthe numbers in the second table are from last year.');
    await visitor.waitForStatus('Looks good', /Sent|Delivered/);
    await visitor.context.setOffline(true);
    await visitor.send('I can send you the new ones.');
    await visitor.text('Not connected.').waitFor();
    await checkAppearance(visitor, 'offline');
    await visitor.context.setOffline(false);
    await visitor.waitForStatus('the new ones', /Sent|Delivered/);
    await visitor.close();
  });
});
