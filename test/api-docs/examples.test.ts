import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { NAMESPACE_OF, type ServerEventName } from '../../src/protocol.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { Inbox } from '../support/inbox.ts';
import { codeIn } from '../support/people.ts';
import { mustConform } from './conformance.ts';
import {
  type AsyncApi,
  documentsOf,
  type OpenApi,
  type RestOperation,
  responseOf,
  restOperations,
  restRoutes,
} from './documents.ts';
import { connectAs, openRaw, runCurl, runScript, type Stage, sendFrame, stageOn } from './fixture.ts';

const LIMIT_HEADERS = ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'set-cookie', 'x-request-id'];
/** All but the last end with these: a deleted message, an ended session. */
const LAST = ['delete_message', 'logout'];
const inOrder = (names: readonly string[]) => [
  ...names.filter((name) => !LAST.includes(name)),
  ...LAST.filter((name) => names.includes(name)),
];

describe('Every documented example', function () {
  this.timeout(120_000);
  let app: TestApp;
  let openApi: OpenApi;
  let asyncApi: AsyncApi;
  before(async () => {
    app = await startApp('sqlite', { RATE_LIMITS: 'on', RATE_OPERATIONS: '1000/1' });
    ({ openApi, asyncApi } = await documentsOf(app.url));
  });
  after(() => app.stop());

  const messageOf = (key: string) => asyncApi.components.messages[key] ?? expect.fail(`${key} is not documented`);

  /** Records the events on all sockets of a stage’s users, to check them against the documents. */
  async function listening({ everybody }: Stage) {
    const inboxes = { chat: new Inbox(), presence: new Inbox(), raw: new Inbox() };
    const sockets = await Promise.all(
      everybody.map(async (person) => ({ ...(await connectAs(person, app.url)), raw: await openRaw(person, app.url) })),
    );
    for (const { chat, presence, raw } of sockets) {
      chat.onAny((type, payload) => inboxes.chat.add({ ...payload, type }));
      presence.onAny((type, payload) => inboxes.presence.add({ ...payload, type }));
      raw.on('message', (data) => inboxes.raw.add(JSON.parse(String(data))));
    }
    return {
      inboxes,
      check() {
        expect(inboxes.raw.events).not.to.deep.equal([]);
        for (const [channel, { events }] of Object.entries(inboxes)) {
          for (const { type, ...payload } of events) {
            const received = channel === 'raw' ? { type, ...payload } : payload;
            mustConform(received, messageOf(`${channel}.${type}.event`).payload, `${type} on ${channel}`);
          }
        }
      },
      close() {
        for (const { chat, presence, raw } of sockets) {
          chat.disconnect();
          presence.disconnect();
          raw.close();
        }
      },
    };
  }

  function check(name: string, operation: RestOperation, answer: Awaited<ReturnType<typeof runCurl>>): void {
    expect(answer.status, `${name}: ${JSON.stringify(answer.body)}`).to.equal(200);
    const response = responseOf(openApi, operation, 200) ?? expect.fail(name);
    mustConform(answer.body, response.content['application/json'].schema, name);
    const documented = Object.keys(response.headers).map((header) => header.toLowerCase());
    expect(
      LIMIT_HEADERS.filter((header) => answer.headers.has(header)),
      name,
    ).to.have.members(documented);
  }

  describe('for curl', () => {
    before(function () {
      try {
        execFileSync('curl', ['--version']);
      } catch {
        if (process.env.CI) throw new Error('curl is not installed, and CI may not skip its tests');
        this.skip();
      }
    });

    it('of signing up, logging in and setting a new password works', async () => {
      const operations = restOperations(openApi);
      const email = 'zoe@example.com';
      for (const name of ['signup_initiate', 'signup_verify', 'login', 'forgot_initiate', 'forgot_reset']) {
        const { operation } = operations.get(name) ?? expect.fail(name);
        const shown = operation['x-codeSamples'][0].source;
        const code = shown.includes('123456') ? codeIn((await app.smtp.next(email)).text) : '';
        const command = shown.replaceAll('alice', 'zoe').replace('123456', code);
        check(name, operation, await runCurl(command, ''));
      }
    });

    it('of a user is answered as documented, and its events are as documented', async () => {
      const stage = await stageOn(app);
      const { check: checkEvents, close } = await listening(stage);
      const routes = Map.groupBy(restRoutes(openApi), ([name]) => name);
      const names = [...routes.keys()].filter((name) => routes.get(name)?.[0]?.[1].operation.security === undefined);
      for (const name of inOrder(names)) {
        for (const [, { operation }] of routes.get(name) ?? expect.fail(name)) {
          const command = stage.filled(operation['x-codeSamples'][0].source);
          check(name, operation, await runCurl(command, stage.alice.token));
        }
      }
      checkEvents();
      close();
    });
  });

  for (const channel of ['chat', 'presence', 'raw']) {
    it(`on ${channel} is answered as documented, and its events are as documented`, async () => {
      const stage = await stageOn(app);
      const { check: checkEvents, close } = await listening(stage);
      const [sockets, raw] = [await connectAs(stage.alice, app.url), await openRaw(stage.alice, app.url)];
      const asked = Object.entries(asyncApi.operations).filter(
        ([key, { action }]) => key.startsWith(`${channel}.`) && action === 'receive',
      );
      for (const name of inOrder(asked.map(([key]) => key.slice(channel.length + 1)))) {
        const shown = stage.filled(asyncApi.operations[`${channel}.${name}`]?.['x-codeSamples']?.[0].source ?? '');
        const answer = await (channel === 'raw' ? sendFrame(raw, shown) : runScript(shown, sockets));
        expect(answer.ok, `${name}: ${JSON.stringify(answer)}`).to.equal(true);
        mustConform(answer, messageOf(`${channel}.${name}.answer`).payload, name);
      }
      checkEvents();
      close();
    });
  }

  it('together cover all events and fields', async () => {
    const stage = await stageOn(app);
    const { inboxes, check: checkEvents, close } = await listening(stage);
    const raw = await openRaw(stage.alice, app.url);
    const asked = Object.keys(asyncApi.operations).flatMap((key) => /^raw\.(\w+)$/.exec(key)?.[1] ?? []);
    for (const name of inOrder(asked)) {
      await sendFrame(raw, stage.filled(asyncApi.operations[`raw.${name}`]?.['x-codeSamples']?.[0].source ?? ''));
    }
    for (const name of Object.keys(NAMESPACE_OF) as ServerEventName[]) {
      for (const channel of [NAMESPACE_OF[name].slice(1) as 'chat' | 'presence', 'raw'] as const) {
        await inboxes[channel].next(name);
        const fields = new Set(inboxes[channel].all(name).flatMap((event) => ['type', ...Object.keys(event)]));
        const { properties = {} } = messageOf(`${channel}.${name}.event`).payload;
        expect([...fields], `${name} on ${channel}`).to.have.members([
          ...new Set(['type', ...Object.keys(properties)]),
        ]);
      }
    }
    checkEvents();
    close();
  });
});
