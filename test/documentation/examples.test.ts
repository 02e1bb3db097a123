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
} from './documents.ts';
import { connectAs, openRaw, runCurl, runScript, type Stage, sendFrame, stageOn } from './stage.ts';

const LIMIT_HEADERS = ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'set-cookie', 'x-request-id'];
/** Everything but the last ends on these: a message that is gone, a session that is over. */
const LAST = ['delete_message', 'logout'];
const inOrder = (names: readonly string[]) => [
  ...names.filter((name) => !LAST.includes(name)),
  ...LAST.filter((name) => names.includes(name)),
];

describe('Every documented example', function () {
  this.timeout(20_000);
  let app: TestApp;
  let openApi: OpenApi;
  let asyncApi: AsyncApi;
  before(async () => {
    app = await startApp('sqlite', { RATE_LIMITS: 'on', RATE_OPERATIONS: '1000/1' });
    ({ openApi, asyncApi } = await documentsOf(app.url));
  });
  after(() => app.stop());

  const messageOf = (key: string) => asyncApi.components.messages[key] ?? expect.fail(`${key} is not documented`);

  /** Hears all that a stage's people are told, on every socket of theirs, so that it can be held to the documents. */
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
        for (const [door, { events }] of Object.entries(inboxes)) {
          for (const { type, ...payload } of events) {
            const told = door === 'raw' ? { type, ...payload } : payload;
            mustConform(told, messageOf(`${door}.${type}.event`).payload, `${type} on ${door}`);
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

    it('of signing up, logging in and setting a new password does what it says', async () => {
      const operations = restOperations(openApi);
      const email = 'zoe@example.com';
      for (const name of ['signup_initiate', 'signup_verify', 'login', 'forgot_initiate', 'forgot_reset']) {
        const { operation } = operations.get(name) ?? expect.fail(name);
        const shown = operation['x-codeSamples'][0].source;
        const code = shown.includes('123456') ? codeIn((await app.smtp.next(email)).text) : '';
        const command = shown
          .replaceAll('alice', 'zoe')
          .replace('123456', code)
          .replace('http://localhost:8080', app.url);
        check(name, operation, await runCurl(command, ''));
      }
    });

    it('of a user is answered as documented, and so is everybody told of it', async () => {
      const stage = await stageOn(app);
      const { check: checkEvents, close } = await listening(stage);
      const operations = restOperations(openApi);
      const names = [...operations]
        .filter(([, { operation }]) => operation.security === undefined)
        .map(([name]) => name);
      for (const name of inOrder(names)) {
        const { operation } = operations.get(name) ?? expect.fail(name);
        const command = stage.filled(operation['x-codeSamples'][0].source);
        check(name, operation, await runCurl(command, stage.alice.token));
      }
      checkEvents();
      close();
    });
  });

  for (const door of ['chat', 'presence', 'raw']) {
    it(`on ${door} is answered as documented, and so is everybody told of it`, async () => {
      const stage = await stageOn(app);
      const { check: checkEvents, close } = await listening(stage);
      const [sockets, raw] = [await connectAs(stage.alice, app.url), await openRaw(stage.alice, app.url)];
      const asked = Object.entries(asyncApi.operations).filter(
        ([key, { action }]) => key.startsWith(`${door}.`) && action === 'receive',
      );
      for (const name of inOrder(asked.map(([key]) => key.slice(door.length + 1)))) {
        const shown = stage.filled(asyncApi.operations[`${door}.${name}`]?.['x-codeSamples']?.[0].source ?? '');
        const answer = await (door === 'raw' ? sendFrame(raw, shown) : runScript(shown, sockets));
        expect(answer.ok, `${name}: ${JSON.stringify(answer)}`).to.equal(true);
        mustConform(answer, messageOf(`${door}.${name}.answer`).payload, name);
      }
      checkEvents();
      close();
    });
  }

  it('together leaves no event and no field of one out', async () => {
    const stage = await stageOn(app);
    const { inboxes, check: checkEvents, close } = await listening(stage);
    const raw = await openRaw(stage.alice, app.url);
    const asked = Object.keys(asyncApi.operations).flatMap((key) => /^raw\.(\w+)$/.exec(key)?.[1] ?? []);
    for (const name of inOrder(asked)) {
      await sendFrame(raw, stage.filled(asyncApi.operations[`raw.${name}`]?.['x-codeSamples']?.[0].source ?? ''));
    }
    for (const name of Object.keys(NAMESPACE_OF) as ServerEventName[]) {
      for (const door of [NAMESPACE_OF[name].slice(1) as 'chat' | 'presence', 'raw'] as const) {
        await inboxes[door].next(name);
        const fields = new Set(inboxes[door].all(name).flatMap((event) => ['type', ...Object.keys(event)]));
        const { properties = {} } = messageOf(`${door}.${name}.event`).payload;
        expect([...fields], `${name} on ${door}`).to.have.members([...new Set(['type', ...Object.keys(properties)])]);
      }
    }
    checkEvents();
    close();
  });
});
