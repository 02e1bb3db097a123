import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import { Visitor } from './visitor.ts';

describe('A group on the page', function () {
  this.timeout(120_000);
  let app: TestApp;
  let people: [Person, Person, Person];
  let eva: Visitor;
  let finn: Visitor;
  before(async function () {
    app = await startApp();
    people = await app.people('eva', 'finn', 'gus');
    [eva, finn] = await Promise.all([Visitor.as(this, app, people[0]), Visitor.as(this, app, people[1])]);
  });
  after(async () => {
    await Promise.all([eva?.close(), finn?.close()]);
    await app?.stop();
  });
  const dialog = (visitor: Visitor) => visitor.page.getByRole('dialog');
  async function add(visitor: Visitor, { username }: Person): Promise<void> {
    await dialog(visitor).getByLabel('Add people').fill(username);
    await dialog(visitor).locator('button.row', { hasText: username }).click();
  }

  it('is created, used, renamed, extended, reduced and left', async () => {
    const [{ username: evaName }, { username: finnName }, gus] = people;
    await eva.at('button', 'New group').click();
    await dialog(eva).getByLabel('Name', { exact: true }).fill('Walk');
    await add(eva, people[1]);
    await dialog(eva).getByRole('button', { name: 'Create group' }).click();
    await eva.at('heading', 'Walk').waitFor();
    await eva.send('Who comes?');
    await finn.openConversation('Walk');
    await finn.message('Who comes?').getByText(evaName).first().waitFor();
    await eva.waitForStatus('Who comes?', 'Read by everybody');
    await eva.choose('Who comes?', 'Read receipts');
    await dialog(eva).getByText('Read', { exact: true }).waitFor();
    await dialog(eva).getByText(finnName).waitFor();
    await eva.page.keyboard.press('Escape');

    await eva.at('button', 'Group details').click();
    await add(eva, gus);
    await dialog(eva).getByText('3 members').waitFor();
    await dialog(eva).getByLabel('Name', { exact: true }).fill('Long walk');
    await dialog(eva).getByRole('button', { name: 'Rename' }).click();
    await finn.at('heading', 'Long walk').waitFor();
    await dialog(eva)
      .getByRole('button', { name: `Remove ${gus.username}` })
      .click();
    await dialog(eva).getByText('2 members').waitFor();
    await eva.page.keyboard.press('Escape');
    await finn.page.locator('.system', { hasText: gus.username }).first().waitFor();
    await finn.page.locator('.pane-header', { hasText: '2 members' }).waitFor();

    await finn.at('button', 'Group details').click();
    expect(await dialog(finn).getByRole('button', { name: 'Rename' }).count()).to.equal(0);
    expect(
      await dialog(finn)
        .getByRole('button', { name: /^Remove/ })
        .count(),
    ).to.equal(0);
    await dialog(finn).getByRole('button', { name: 'Leave the group' }).click();
    await dialog(finn).getByRole('button', { name: 'Yes, leave the group' }).click();
    await finn.text('You are not in this conversation.').waitFor();
    await finn.page.locator('a.row', { hasText: 'Long walk' }).waitFor({ state: 'detached' });
    await eva.page.locator('.pane-header', { hasText: '1 member' }).waitFor();
  });

  it('shows the known readers of a message', async () => {
    const [{ rest, id }, { username: finnName, id: finnId, rest: finnsRest }, gus] = people;
    const group = { name: 'Readers', member_ids: [id, finnId, gus.id] };
    const { conversation_id } = await rest.ask('create_group', group);
    await eva.openConversation('Readers');
    await eva.send('Please read');
    await eva.waitForStatus('Please read', /Sent|Delivered/);
    const { messages } = await finnsRest.ask('list_messages', { conversation_id });
    await eva.choose('Please read', 'Read receipts');
    await dialog(eva).getByText(finnName).waitFor();
    expect(await dialog(eva).getByText('Read', { exact: true }).count()).to.equal(0);
    await finnsRest.ask('read_receipt', { message_ids: [messages[0].id] });
    await dialog(eva)
      .locator('section', { has: eva.page.getByText('Read', { exact: true }) })
      .getByText(finnName)
      .waitFor();
    await dialog(eva).locator('section', { hasText: 'Not confirmed yet' }).getByText(gus.username).waitFor();
    await eva.page.keyboard.press('Escape');
  });
});
