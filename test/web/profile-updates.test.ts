import { startApp, type TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import { Visitor } from './visitor.ts';

describe('A new name or picture on the page', function () {
  this.timeout(120_000);
  let app: TestApp;
  let people: [Person, Person];
  let nora: Visitor;
  let otto: Visitor;
  before(async function () {
    app = await startApp();
    people = await app.people('nora', 'otto');
    const [{ rest }, { id }] = people;
    const { conversation_id: group } = await rest.ask('create_group', { name: 'Walk', member_ids: [id] });
    const { conversation_id: direct } = await rest.ask('open_private_conversation', { other_user_id: id });
    for (const conversation_id of [group, direct]) await rest.ask('message', { conversation_id, content: 'Hello' });
    [nora, otto] = await Promise.all([Visitor.as(this, app, people[0]), Visitor.as(this, app, people[1])]);
  });
  after(async () => {
    await Promise.all([nora?.close(), otto?.close()]);
    await app?.stop();
  });
  async function change(label: 'Username' | 'Picture', value: string): Promise<void> {
    await nora.page.locator('button.own-profile').click();
    await nora.page.getByRole('dialog').getByLabel(label, { exact: true }).fill(value);
    await nora.page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await nora.page.getByRole('dialog').waitFor({ state: 'detached' });
  }

  it('is shown to others without a reload: in the list, the header, messages and an open list of members', async () => {
    const [{ username }] = people;
    // a picture on the same server, without a request to the web
    const picture = `${app.url}${await nora.page.locator('link[rel=icon]').getAttribute('href')}`;
    await otto.openConversation('Walk');
    await otto.page.locator('.message .sender', { hasText: username }).waitFor();
    await otto.at('button', 'Group details').click();
    const member = (name: string) => otto.page.getByRole('dialog').locator('li.row', { hasText: name });
    await member(username).waitFor();

    await change('Username', 'nora.new');
    await member('nora.new').waitFor();
    await otto.page.locator('.message .sender', { hasText: 'nora.new' }).waitFor();
    await otto.page.locator('nav a.row', { hasText: 'nora.new: Hello' }).waitFor();
    await nora.page.locator('button.own-profile', { hasText: 'nora.new' }).waitFor();

    await change('Picture', picture);
    const drawn = `img[src="${picture}"]`;
    await member('nora.new').locator(drawn).waitFor();
    await otto.page.keyboard.press('Escape');
    await otto.page.locator(`nav a.row ${drawn}`).waitFor();
    await otto.openConversation('nora.new');
    await otto.at('heading', 'nora.new').waitFor();
    await otto.page.locator(`.pane-header ${drawn}`).waitFor();
  });
});
