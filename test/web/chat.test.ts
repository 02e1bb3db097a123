import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import { Visitor } from './visitor.ts';

describe('Two users on the page', function () {
  this.timeout(120_000);
  let app: TestApp;
  let people: [Person, Person];
  let anna: Visitor;
  let ben: Visitor;
  before(async function () {
    app = await startApp();
    people = await app.people('anna', 'ben');
    const [first, second] = people;
    await first.rest.ask('open_private_conversation', { other_user_id: second.id });
    [anna, ben] = await Promise.all([Visitor.as(this, app, first), Visitor.as(this, app, second)]);
  });
  after(async () => {
    try {
      await Promise.all([anna?.close(), ben?.close()]);
    } finally {
      await app?.stop();
    }
  });
  beforeEach(() => Promise.all([anna, ben].map(({ page }) => page.goto('/#/')))); // no conversation is open

  it('find each other, and see each other online', async function () {
    const stranger = await app.person('carol');
    const carol = await Visitor.as(this, app, stranger);
    await carol.at('searchbox', 'Search conversations and people').fill(people[0].username.toUpperCase());
    await carol.page.locator('button.row', { hasText: people[0].username }).click();
    await carol.at('heading', people[0].username).waitFor();
    await carol.page.locator('.pane-header', { hasText: 'online' }).waitFor();
    await carol.send('Hello from a stranger');
    const row = anna.page.locator('a.row', { hasText: stranger.username });
    await row.getByText('Hello from a stranger').waitFor();
    await row.getByText('1 unread').waitFor();
    await row.getByText('online').waitFor({ state: 'attached' });
    await carol.close();
    await row.getByText('online').waitFor({ state: 'detached' });
  });

  it('chat: a message is sent, delivered and read, and counted as unread until it is read', async () => {
    const [{ username: annaName }, { username: benName }] = people;
    await anna.openConversation(benName);
    await anna.send('Are you there?');
    await anna.waitForStatus('Are you there?', /Sent|Delivered/);
    await confirmed(people[0]);
    await anna.page.reload();
    await anna.waitForStatus('Are you there?', 'Delivered');
    await ben.page.locator('a.row', { hasText: annaName }).getByText('1 unread').waitFor();
    expect(await ben.page.title()).to.equal('(1) MmChat');
    await ben.openConversation(annaName);
    await ben.message('Are you there?').waitFor();
    await anna.waitForStatus('Are you there?', 'Read');
    await ben.page.waitForFunction(() => document.title === 'MmChat');
    await ben.send('Yes');
    await anna.message('Yes').waitFor();
    await ben.waitForStatus('Yes', 'Read');
  });

  it('see each other typing', async () => {
    await anna.openConversation(people[1].username);
    await ben.openConversation(people[0].username);
    await ben.at('textbox', 'Message').pressSequentially('Hm');
    await anna.text(`${people[1].username} is typing…`).waitFor();
    await ben.at('textbox', 'Message').press('Enter');
    await anna.text(`${people[1].username} is typing…`).waitFor({ state: 'detached' });
  });

  it('edit and delete their messages, for both', async () => {
    await anna.openConversation(people[1].username);
    await ben.openConversation(people[0].username);
    await anna.send('Tusday');
    await ben.message('Tusday').waitFor();
    await anna.choose('Tusday', 'Edit');
    await anna.at('textbox', 'Edited message').fill('Tuesday');
    await anna.page.keyboard.press('Enter');
    await ben.message('Tuesday').getByText('edited').waitFor();
    await anna.choose('Tuesday', 'Delete');
    await anna.at('dialog', 'Delete this message?').getByRole('button', { name: 'Delete' }).click();
    await ben.message('Message deleted').waitFor();
    await anna.message('Message deleted').waitFor();
    await anna.page.locator('[aria-label=Messages]:focus').waitFor();
    expect(await ben.text('Tuesday').count()).to.equal(0);
  });

  it('need no mouse: the keyboard opens the conversation, sends, edits the last message, and reaches each', async () => {
    const { keyboard } = anna.page;
    const { conversation_id } = await people[0].rest.ask('create_group', { name: 'Below', member_ids: [] });
    await people[0].rest.ask('message', { conversation_id, content: 'Nobody reads' });
    await anna.page.locator('a.row', { hasText: 'Nobody reads' }).waitFor();
    await anna.at('searchbox', 'Search conversations and people').focus();
    await keyboard.press('Tab');
    await keyboard.press('ArrowDown');
    await anna.page.locator('a.row:focus', { hasText: people[1].username }).waitFor();
    await keyboard.press('Enter');
    await anna.at('textbox', 'Message').waitFor();
    await keyboard.type('First');
    await keyboard.press('Enter');
    await keyboard.type('Two');
    await keyboard.press('Shift+Enter');
    await keyboard.type('lines');
    await keyboard.press('Enter');
    await anna.waitForStatus('Two', /Sent|Delivered/);
    await keyboard.press('ArrowUp');
    await anna.at('textbox', 'Edited message').waitFor();
    await keyboard.type('!');
    await keyboard.press('Enter');
    await anna.message('lines!').getByText('edited').waitFor();
    await keyboard.press('Shift+Tab');
    await keyboard.press('ArrowUp');
    await keyboard.press('Enter');
    await anna.page.locator('[role=menuitem]:focus', { hasText: 'Edit' }).waitFor();
    await keyboard.press('ArrowUp');
    await anna.page.locator('[role=menuitem]:focus', { hasText: 'Delete' }).waitFor();
    await keyboard.press('Enter');
    await anna.at('dialog', 'Delete this message?').getByText('First').waitFor();
    await keyboard.press('Escape');
    await anna.at('dialog', 'Delete this message?').waitFor({ state: 'detached' });
    await anna.page.locator('.message-actions-button:focus[aria-label*=First]').waitFor();
  });

  it('see text as plain text; only web addresses become links', async () => {
    const html = '<img src=x onerror="document.title=1"><b>bold</b> javascript:alert(1) https://example.com/a?b=<c>.';
    await anna.openConversation(people[1].username);
    await ben.openConversation(people[0].username);
    await anna.send(html);
    await ben.message('bold').waitFor();
    expect(await ben.message('bold').locator('.message-text').textContent()).to.equal(html);
    expect(await ben.message('bold').locator('.message-text img, .message-text b').count()).to.equal(0);
    const links = await ben.message('bold').locator('a').all();
    expect(await Promise.all(links.map((link) => link.getAttribute('href')))).to.deep.equal([
      'https://example.com/a?b=',
    ]);
    expect(await links[0]?.getAttribute('rel')).to.equal('noopener noreferrer');
  });

  it('are notified of new messages in the open conversation and elsewhere by screen readers', async () => {
    const [{ rest }, { username: benName, id }] = people;
    const [third] = await app.people('third');
    const { conversation_id } = await third.rest.ask('open_private_conversation', { other_user_id: people[0].id });
    await anna.openConversation(benName);
    const open = await rest.ask('open_private_conversation', { other_user_id: id });
    const announced = anna.page.locator('[aria-live=polite].visually-hidden');
    await people[1].rest.ask('message', { conversation_id: open.conversation_id, content: 'Listen' });
    await announced.getByText(`${benName}: Listen`).waitFor({ state: 'attached' });
    await third.rest.ask('message', { conversation_id, content: 'Over here' });
    await announced.getByText(`New message from ${third.username}`).waitFor({ state: 'attached' });
  });

  it('can retry or discard a message that the server refuses', async () => {
    await anna.openConversation(people[1].username);
    await anna.send('fine');
    await anna.waitForStatus('fine', /Sent|Delivered/);
    const accepted = await anna.page.locator('.message').count();
    // the server accepts only valid Unicode: a lone surrogate is refused
    await anna.at('textbox', 'Message').evaluate((field: HTMLTextAreaElement) => {
      field.value = 'broken \ud800';
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    });
    await anna.at('textbox', 'Message').press('Enter');
    const failed = anna.page.locator('.message.failed');
    await failed.getByText('Not sent').first().waitFor();
    await failed.getByRole('button', { name: 'Try again' }).click();
    await failed.getByRole('button', { name: 'Discard' }).click();
    await failed.waitFor({ state: 'detached' });
    expect(await anna.page.locator('.message').count()).to.equal(accepted);
  });
});

/** Resolves when the recipient has confirmed the newest message. */
async function confirmed({ rest }: Person): Promise<void> {
  const { conversations } = await rest.ask('list_conversations');
  const deadline = Date.now() + 5_000;
  while (Date.now() < deadline) {
    const { messages } = await rest.ask('list_messages', { ...conversations[0], limit: 1 });
    if (messages[0].status === 'delivered') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('not confirmed within 5 s');
}
