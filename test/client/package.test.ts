import { expect } from 'chai';
import { build, preview } from 'vite';
import { blocksOf, readText } from '../docs/markdown.ts';
import { startApp, type TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import { freePort } from '../support/processes.ts';
import { requireChromium } from '../support/services.ts';
import { EmptyProject, NODE } from './empty-project.ts';

const INSTALL_WITHIN_MS = 60_000;

/** One client receives what the other sends. The process ends by itself once both are closed. */
const CHAT = `
export async function chatOf(url, sender, receiver, id) {
  const [sending, receiving] = [sender, receiver].map((token) => connect({ url, token }));
  const received = new Promise((resolve) => receiving.on('message', ({ content }) => resolve(content)));
  await new Promise((resolve) => receiving.status.subscribe(() => receiving.status.get().state === 'online' && resolve()));
  sending.conversation(Number(id)).send('Hello!');
  const content = await received;
  for (const chat of [sending, receiving]) chat.close();
  return content;
}`;
const IMPORT = "import { connect } from 'mmchat-client';\n";

const TYPED = `
import { account, ChatClientError, connect } from 'mmchat-client';
import type { Chat, ConversationSnapshot, ServerEvents, Store } from 'mmchat-client';

export const chat: Chat = connect({ url: 'http://localhost:8080', token: () => undefined });
export const snapshot: Store<ConversationSnapshot> = chat.conversation(1);
export const found: Promise<{ users: { username: string }[] }> = chat.ask('search_users', { q: 'bob' });
export const login: Promise<{ user_id: number }> = account().login({ username: 'a', password: 'b' });
export const isRetryable = (error: unknown) => error instanceof ChatClientError && error.retryAfter === 1;
chat.on('message', ({ content }: ServerEvents['message']) => content.toUpperCase());
// @ts-expect-error: there is no such event
chat.on('massage', () => undefined);
// @ts-expect-error: there is no such field
chat.ask('message', { conversation_id: 1, contents: 'x' });
`;

describe(`The client's package in an empty project, on ${NODE.name}`, () => {
  let project: EmptyProject;
  let app: TestApp;
  let origin: string;
  let people: [Person, Person];
  let id: number;
  before(async function () {
    this.timeout(INSTALL_WITHIN_MS);
    project = await EmptyProject.create();
    origin = `http://127.0.0.1:${await freePort()}`;
    app = await startApp('sqlite', { CORS_ORIGINS: origin });
    people = await app.people('carla', 'dora');
    id = (await people[0].rest.ask('open_private_conversation', { other_user_id: people[1].id })).conversation_id;
  });
  after(async () => {
    await app?.stop();
    project?.remove();
  });

  it('contains only JavaScript and declarations', () => {
    const others = project.files.filter((path) => !/^dist\/[\w-]+\.(js|d\.ts)$/.test(path));
    expect(others).to.have.members(['LICENSE', 'README.md', 'package.json']);
    expect(project.files).to.include.members(['dist/client.js', 'dist/client.d.ts', 'dist/protocol.d.ts']);
  });

  it("runs the first chat of the client's documentation, with only the address and the name replaced", async function () {
    this.timeout(120_000);
    const [alice, bob] = await app.people('alice', 'bob');
    const [script = ''] = blocksOf(readText('docs/client.md'), 'js');
    const local = script.replace('http://localhost:8080', app.url).replace("'alice'", `'${alice.username}'`);
    const untilSent = `setInterval(() => store.get().messages[0]?.state === 'sent' && process.exit(), 20);`;
    const output = await project.runs(project.write('first-chat.js', local + untilSent));
    expect(output).to.match(new RegExp(`${alice.username} Hello, Bob! pending\n${alice.username} Hello, Bob! sent\n`));
    const { conversations } = await bob.rest.ask('list_conversations');
    expect(conversations[0].last_message.content).to.equal('Hello, Bob!');
  });

  it('sends and receives, and lets the process exit', async function () {
    this.timeout(120_000);
    const file = project.write('chat.js', `${IMPORT}${CHAT}\nconsole.log(await chatOf(...process.argv.slice(2)));`);
    const [carla, dora] = people;
    expect(await project.runs(file, app.url, carla.token, dora.token, String(id))).to.equal('Hello!\n');
  });

  for (const [resolution, module] of [
    ['nodenext', 'nodenext'],
    ['bundler', 'esnext'],
  ] as const)
    it(`has declarations that compile with ${resolution} resolution, without skipLibCheck and without the DOM's types`, async function () {
      this.timeout(120_000);
      const file = project.write('typed.ts', TYPED);
      const strict = ['--strict', '--skipLibCheck', 'false', '--target', 'es2022', '--lib', 'es2022', '--types', ''];
      await project.compiles(file, ...strict, '--module', module, '--moduleResolution', resolution);
    });

  it('works in a browser, bundled by Vite, from another origin', async function () {
    this.timeout(120_000);
    const { browser } = await requireChromium(this);
    project.write('index.html', '<!doctype html><title>A chat</title><script type="module" src="/page.js"></script>');
    project.write('page.js', `${IMPORT}${CHAT}\nglobalThis.chatOf = chatOf;`);
    const vite = { root: project.folder, configFile: false, logLevel: 'silent' } as const;
    await build(vite);
    const { hostname: host, port } = new URL(origin);
    const server = await preview({ ...vite, preview: { host, port: Number(port), strictPort: true } });
    const page = await browser.newPage();
    try {
      await page.goto(origin);
      const [carla, dora] = people;
      const received = await page.evaluate(
        (args) => (globalThis as never as { chatOf(...all: unknown[]): Promise<string> }).chatOf(...args), // in the page
        [app.url, carla.token, dora.token, id],
      );
      expect(received).to.equal('Hello!');
    } finally {
      await page.close();
      await server.close();
    }
  });
});
