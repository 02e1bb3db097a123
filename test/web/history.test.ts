import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import { Visitor } from './visitor.ts';

const COUNT = 180;

describe('A long history on the page', function () {
  this.timeout(120_000);
  let app: TestApp;
  let people: [Person, Person];
  let conversationId: number;
  let visitor: Visitor;
  before(async () => {
    app = await startApp();
    people = await app.people('ina', 'jan');
    const [ina, jan] = people;
    ({ conversation_id: conversationId } = await ina.rest.ask('open_private_conversation', { other_user_id: jan.id }));
    const senders = [await ina.raw(), await jan.raw()] as const;
    for (let number = 1; number <= COUNT; number += 1) {
      const sender = senders[number % 7 < 3 ? 0 : 1];
      await sender.ask('message', { conversation_id: conversationId, content: `number ${number} of many` });
    }
    for (const sender of senders) sender.close();
  });
  after(() => app?.stop());
  afterEach(() => visitor?.close());

  const numbered = (number: number) => visitor.message(`number ${number} of`);
  const topOf = async (number: number) => (await numbered(number).boundingBox())?.y ?? Number.NaN;

  it('opens at the newest message, and marks the first unread one', async function () {
    visitor = await Visitor.as(this, app, people[0]);
    await visitor.openConversation(people[1].username);
    await numbered(COUNT).waitFor();
    expect(await topOf(COUNT), 'the newest one is visible').to.be.within(100, 750);
    await visitor.page.locator('.separator.new').waitFor({ state: 'attached' });
    await visitor.page.waitForFunction(() => document.title === 'MmChat');
  });

  it('shows "New messages" before the first unread one, in whatever order the others were read, and keeps it there', async function () {
    const [kim, lena] = await app.people('kim', 'lena');
    const { conversation_id } = await kim.rest.ask('open_private_conversation', { other_user_id: lena.id });
    const ids: number[] = [];
    for (let number = 1; number <= 70; number += 1)
      ids.push((await kim.rest.ask('message', { conversation_id, content: `kim's ${number} of 70` })).message_id);
    await lena.rest.ask('read_receipt', { message_ids: [...ids.slice(0, 10), ...ids.slice(50)] });
    visitor = await Visitor.as(this, app, lena);
    await visitor.openConversation(kim.username);
    const next = visitor.page.locator('.separator.new + li');
    await next.waitFor({ state: 'attached' });
    expect(await next.textContent()).to.include("kim's 11 of 70");
    await visitor.page.waitForFunction(() => document.title === 'MmChat');
    const { conversations } = await lena.rest.ask('list_conversations', { limit: 1 });
    expect(conversations[0]).to.include({ conversation_id, unread_count: 0 });
    expect(await next.textContent()).to.include("kim's 11 of 70");
  });

  it('loads up to its start on scrolling up, and visible messages stay in place', async function () {
    visitor = await Visitor.as(this, app, people[0]);
    await visitor.openConversation(people[1].username);
    await numbered(COUNT).waitFor();
    const shown = () => visitor.page.locator('.message').count();
    expect(await shown(), 'there is something left to fetch').to.be.below(COUNT);
    for (let before = await shown(); before < COUNT; ) {
      const oldest = COUNT - before + 1;
      await numbered(oldest).scrollIntoViewIfNeeded();
      const top = await topOf(oldest);
      await visitor.page.waitForFunction((count) => document.querySelectorAll('.message').length > count, before);
      expect(await topOf(oldest), `message ${oldest}`).to.be.closeTo(top, 2);
      before = await shown();
    }
    expect(await visitor.page.locator('.message').count()).to.equal(COUNT);
    await visitor.text('This is the start of the conversation.').waitFor();
  });

  it('stays in place when a new message arrives below, and shows their number', async function () {
    visitor = await Visitor.as(this, app, people[0]);
    await visitor.openConversation(people[1].username);
    await numbered(COUNT - 20).scrollIntoViewIfNeeded();
    await visitor.page.locator('.to-bottom').waitFor();
    const top = await topOf(COUNT - 20);
    await people[1].rest.ask('message', { conversation_id: conversationId, content: 'down here' });
    await visitor.at('button', '1 new').waitFor();
    expect(await topOf(COUNT - 20)).to.be.closeTo(top, 2);
    const { conversations } = await people[0].rest.ask('list_conversations');
    expect(conversations[0].unread_count, 'it has not been seen').to.equal(1);
    await visitor.at('button', '1 new').click();
    await visitor.message('down here').waitFor();
    await visitor.page.waitForFunction(() => document.title === 'MmChat');
  });
});
