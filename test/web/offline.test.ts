import { expect } from 'chai';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { freshEnvironment } from '../support/app.ts';
import { People, type Person } from '../support/people.ts';
import { freePort } from '../support/processes.ts';
import { Visitor } from './visitor.ts';

/** Chromium's own messages about a server that is unreachable, or that refuses connections because it is stopping. */
const UNREACHABLE = [
  /ERR_(INTERNET_DISCONNECTED|CONNECTION_REFUSED|CONNECTION_RESET)/,
  /status of 503/,
  /WebSocket connection to/,
];

describe('A page that loses its connection', function () {
  this.timeout(120_000);
  let environment: Awaited<ReturnType<typeof freshEnvironment>>;
  let app: App;
  let people: People;
  let mia: Person;
  let tom: Person;
  let visitor: Visitor;

  const start = async () => {
    app = await createApp(readConfig(environment.env));
  };
  before(async () => {
    environment = await freshEnvironment('sqlite', { HTTP_ADDR: `127.0.0.1:${await freePort()}` });
    await start();
    people = new People(app.url, environment.smtp);
    [mia, tom] = [await people.signUp('mia'), await people.signUp('tom')];
    await mia.rest.ask('open_private_conversation', { other_user_id: tom.id });
  });
  after(async () => {
    await app?.stop();
    await environment?.remove();
  });
  beforeEach(async function () {
    visitor = await Visitor.as(this, app, mia);
    visitor.expectInConsole(...UNREACHABLE);
    await visitor.openConversation(tom.username);
  });
  afterEach(() => visitor?.close());

  const bar = () => visitor.page.locator('.connection');
  const contents = async () => {
    const { conversations } = await tom.rest.ask('list_conversations');
    const { messages } = await tom.rest.ask('list_messages', conversations[0]);
    return messages.map(({ content }: { content: string }) => content);
  };

  it('keeps messages written offline, shows that they wait, and sends them once when it reconnects', async () => {
    await visitor.send('before');
    await visitor.waitForStatus('before', /Sent|Delivered/);
    await visitor.context.setOffline(true);
    await visitor.send('meanwhile');
    await visitor.waitForStatus('meanwhile', 'Waiting to be sent');
    await bar().getByText('What you write is sent later.').waitFor();
    await visitor.context.setOffline(false);
    await visitor.waitForStatus('meanwhile', /Sent|Delivered/);
    await bar().getByText('Not connected').waitFor({ state: 'detached' });
    expect(await contents()).to.deep.equal(['meanwhile', 'before']);
  });

  it('shows when it tries again, and sends pending messages on "Try now" after a restart', async () => {
    await visitor.page.evaluate(() => {
      Math.random = () => 0.99; // the longest backoff: half a second, then doubled each time
    });
    await app.stop();
    await visitor.send('for the next server');
    await visitor.waitForStatus('for the next server', 'Waiting to be sent');
    await bar()
      .getByText(/Trying again in [3-9] s/)
      .waitFor({ timeout: 15_000 });
    await start();
    await bar().getByRole('button', { name: 'Try now' }).click();
    await visitor
      .message('for the next server')
      .locator('.delivery-status.sent, .delivery-status.delivered')
      .waitFor({ timeout: 2_000 });
    expect((await contents()).filter((content: string) => content === 'for the next server')).to.have.length(1);
  });

  it('sends pending messages even after a reload', async () => {
    await visitor.context.setOffline(true);
    await visitor.send('written offline');
    await visitor.waitForStatus('written offline', 'Waiting to be sent');
    await visitor.context.setOffline(false);
    await visitor.page.reload();
    await visitor.waitForStatus('written offline', /Sent|Delivered/);
    expect((await contents()).filter((content: string) => content === 'written offline')).to.have.length(1);
  });
});
