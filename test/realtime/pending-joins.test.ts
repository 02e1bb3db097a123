import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import { requirePostgresql } from '../support/services.ts';
import { CONVERSATIONS_OF_A_USER, makeHoldable, meanwhile } from './blocked-queries.ts';
import { allReceived, receivedBy, type Scene, scene, socketsOf } from './fixture.ts';

describe('A socket that connects', () => {
  let app: TestApp;
  let of: Scene;
  before(async function () {
    this.timeout(120_000);
    await requirePostgresql(this);
    app = await startApp('postgresql');
    of = await scene(app);
    await makeHoldable(app, 'participants', CONVERSATIONS_OF_A_USER);
  });
  after(() => app?.stop());

  const connectWhile = async (change: () => Promise<{ ok: boolean }>) => {
    const changed = async () => expect(await change()).to.include({ ok: true });
    return (await meanwhile(app, () => socketsOf(of.member), changed)).begun;
  };

  it('while its user is removed receives no events of the conversation', async () => {
    const clients = await connectWhile(of.remove);
    const { seq } = await of.sender.rest.ask('message', { conversation_id: of.group, content: 'Among us' });
    await allReceived(of, clients);
    for (const client of clients) {
      expect(receivedBy(client, of.group).filter((event) => event.seq >= seq)).to.deep.equal([]);
      client.close();
    }
    await of.add();
  });

  it('while its user is added receives the events from then on', async () => {
    await of.remove();
    const clients = await connectWhile(of.add);
    await of.sender.rest.ask('message', { conversation_id: of.group, content: 'Welcome' });
    for (const { inbox, close } of clients) {
      await inbox.next('message', { conversation_id: of.group, content: 'Welcome' });
      close();
    }
  });
});
