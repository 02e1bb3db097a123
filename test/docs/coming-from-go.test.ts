import { expect } from 'chai';
import { firstMessage, LEGACY, listed, sceneOf } from '../front-end/legacy-fixture.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { blocksOf, readText } from './markdown.ts';

const [lines = ''] = blocksOf(readText('docs/coming-from-go.md'), 'js');

describe('The two lines of docs/coming-from-go.md', () => {
  const apps: TestApp[] = [];
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.stop();
  });

  it('make of the published fields what LEGACY_FIELDS gives', async () => {
    const { conversationOf, messageOf } = await import(
      `data:text/javascript,${encodeURIComponent(`${lines}\nexport { conversationOf, messageOf };`)}`
    );
    const seen: object[][] = [];
    for (const env of [{}, LEGACY]) {
      const app = await startApp('sqlite', env);
      apps.push(app);
      const { alice, chat, group } = await sceneOf(app);
      const convert = env === LEGACY ? [(all: object) => all, (all: object) => all] : [conversationOf, messageOf];
      const found: object[] = [];
      for (const id of [chat, group]) {
        const [conversation] = await listed(alice.rest, id);
        const [message] = await firstMessage(alice.rest, id);
        const { other_user: _, created_at: __, last_message: ___, ...fields } = convert[0](conversation);
        found.push(withoutTimes(fields), withoutTimes(convert[1](message)));
      }
      seen.push(found);
    }
    expect(seen[0]).to.deep.equal(seen[1]);
  });
});

const TIMES = ['created_at', 'sent_at', 'last_seen'];
/** Which times there are, not when. */
const withoutTimes = (one: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(one).map(([name, value]) => [name, TIMES.includes(name) ? typeof value : value]));
