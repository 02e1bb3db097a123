import { expect } from 'chai';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { type DatabaseKind, migratedEnvironment } from '../support/app.ts';
import { Authority } from '../support/certificates.ts';
import { People } from '../support/people.ts';
import { freePort } from '../support/processes.ts';
import { requirePostgresql } from '../support/services.ts';
import type { Smtp } from '../support/smtp.ts';
import { OldFrontEnd } from './old-front-end.ts';
import { type Site, startSite, startTlsProxy } from './site.ts';

/** One pixel. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** A server, and a front end on another origin. */
type World = {
  readonly smtp: Smtp;
  /** Under which the front end reaches the server. */
  readonly api: string;
  readonly frontEnd: string;
  readonly people: People;
  restart(): Promise<void>;
  stop(): Promise<void>;
};
/** The origins of both, and what the server is configured with for them. */
type Origins = { api: string; frontEnd: string; env: Record<string, string>; sites: readonly Site[]; remove?(): void };

async function startWorld(kind: DatabaseKind, originsFor: (port: number) => Promise<Origins>): Promise<World> {
  const port = await freePort();
  const { api, frontEnd, env, sites, remove: removeOrigins } = await originsFor(port);
  const settings = { ...env, LEGACY_FIELDS: 'on', CORS_ORIGINS: frontEnd, HTTP_ADDR: `127.0.0.1:${port}` };
  const { env: environment, smtp, remove } = await migratedEnvironment(kind, settings);
  const start = () => createApp(readConfig(environment));
  let app: App = await start();
  return {
    smtp,
    api,
    frontEnd: `${frontEnd}/?api=${encodeURIComponent(api)}`,
    people: new People(app.url, smtp),
    async restart() {
      await app.stop();
      app = await start();
    },
    async stop() {
      await app.stop();
      for (const site of sites) site.stop();
      removeOrigins?.();
      await remove();
    },
  };
}

/** `http://127.0.0.1` on two ports. */
async function oneSite(port: number): Promise<Origins> {
  const site = await startSite();
  const origin = `http://127.0.0.1:${site.port}`;
  return { api: `http://127.0.0.1:${port}`, frontEnd: origin, env: {}, sites: [site] };
}

/** Browsers take `127.0.0.1` and `localhost` for two sites. */
async function twoSites(port: number): Promise<Origins> {
  const authority = new Authority();
  const certificate = authority.issue({ names: 'DNS:localhost,IP:127.0.0.1' });
  const [site, proxy] = [await startSite(certificate), await startTlsProxy(certificate, port)];
  const api = `https://localhost:${proxy.port}`;
  const env = { COOKIE_SAMESITE: 'none', COOKIE_SECURE: 'on', PUBLIC_URL: api };
  const remove = () => authority.remove();
  return { api, frontEnd: `https://127.0.0.1:${site.port}`, env, sites: [site, proxy], remove };
}

const CASES = {
  'on another origin of the same site': {
    kind: 'sqlite',
    origins: oneSite,
    cookie: { sameSite: 'Lax', secure: false },
  },
  'on another site': { kind: 'postgresql', origins: twoSites, cookie: { sameSite: 'None', secure: true } },
} as const;

for (const [title, { kind, origins, cookie }] of Object.entries(CASES))
  describe(`A front end of the Go server ${title}`, function () {
    this.timeout(180_000);
    let world: World;
    let alice: OldFrontEnd;
    let bob: OldFrontEnd;
    before(async function () {
      if (kind === 'postgresql') await requirePostgresql(this);
      world = await startWorld(kind, origins);
      const open = (name: string) => OldFrontEnd.open(this as never, world.frontEnd, world.smtp, name);
      [alice, bob] = await Promise.all([open(uniqueName('alice')), open(uniqueName('bob'))]);
      await Promise.all([alice.signUp(), bob.signUp()]);
    });
    after(async () => {
      try {
        await Promise.all([alice?.close(), bob?.close()]);
      } finally {
        await world?.stop();
      }
    });

    it('has private chats: search, sending, live messages, unread counts, typing, ticks and edits', async () => {
      await alice.openPrivateChat(bob.username);
      await alice.send('Hello, Bob!');
      await bob.conversation(alice.username, 'Hello, Bob!').locator('.unread', { hasText: '1' }).waitFor();
      await alice.message('Hello, Bob!', 'sent').waitFor();
      await bob.openConversation(alice.username);
      await alice.message('Hello, Bob!', 'read').waitFor();
      await bob.conversation(alice.username).locator('.unread', { hasText: '0' }).waitFor();
      await alice.type('How are');
      await bob.waitForText('#typing', `${alice.username} is typing`);
      await alice.send('How are you?');
      await bob.message('How are you?').waitFor();
      await alice.message('How are you?', 'read').waitFor();
      await alice.edit('How are you?', 'How do you do?');
      await bob.message('How do you do? (edited)').waitFor();
      await alice.reload();
      await alice.openConversation(bob.username);
      await alice.message('How do you do? (edited)', 'read').waitFor();
    });

    it('has groups: members, system messages also after a reload, and ticks when all have read', async () => {
      const carol = await world.people.signUp('carol');
      const bobId = await bob.id(world.api);
      await alice.createGroup('Study Group', [bobId]);
      await bob.openConversation('Study Group');
      await alice.addMember(carol.id);
      const added = `${alice.username} added ${carol.username}`;
      for (const each of [alice, bob]) {
        await each.systemMessage(added).waitFor();
        await each.conversation('Study Group', '3 members').waitFor();
      }
      await alice.send('To all');
      await bob.message('To all').waitFor();
      const { conversations } = await carol.rest.ask('list_conversations');
      const [{ conversation_id, last_message }] = conversations;
      await bob.conversation('Study Group').locator('.unread', { hasText: '0' }).waitFor();
      expect(await alice.message('To all', 'read').count(), 'Carol has not read it').to.equal(0);
      expect(await carol.rest.ask('read_receipt', { message_ids: [last_message.message_id] })).to.include({ ok: true });
      await alice.message('To all', 'read').waitFor();
      await alice.removeMember(carol.id);
      const removed = `${alice.username} removed ${carol.username}`;
      for (const each of [alice, bob]) {
        await each.conversation('Study Group', '2 members').waitFor();
        await each.reload();
        await each.openConversation('Study Group');
        for (const text of [added, removed]) await each.systemMessage(text).waitFor();
      }
      expect((await carol.rest.ask('list_messages', { conversation_id })).ok).to.equal(false);
    });

    it('shows who is online, when others were last seen, and the pictures that they choose', async () => {
      await alice.openPrivateChat(bob.username);
      await alice.conversation(bob.username, 'online').waitFor();
      await bob.choosePicture('bob.png', 'image/png', PICTURE);
      await bob.logOut();
      await alice.conversation(bob.username, 'last seen 2').waitFor();
      await alice.reload();
      await alice.conversation(bob.username, 'last seen 2').waitFor();
      expect(await alice.pictureOf(bob.username)).to.match(new RegExp(`^${world.api}/api/avatars/u\\d+-[0-9a-f]{32}$`));
      await bob.logIn();
      await alice.conversation(bob.username, 'online').waitFor();
    });

    it('logs out and in, resets passwords, and reconnects after a restart of the server', async () => {
      await alice.openPrivateChat(bob.username);
      await alice.send('Before');
      await world.restart();
      await Promise.all([alice.isConnected(), bob.isConnected()]);
      await bob.reload();
      await bob.openConversation(alice.username);
      await bob.send('After');
      await alice.message('After').waitFor();
      await alice.logOut();
      await alice.page.reload();
      await alice.page.locator('#account').waitFor();
      await alice.resetPassword('AnotherPassword456');
      await alice.logIn();
      await alice.conversation(bob.username, 'After').waitFor();
      const token = (await alice.cookies()).find(({ name }) => name === 'token');
      expect(token).to.include({ httpOnly: true, ...cookie });
      expect(token?.partitionKey !== undefined, 'partitioned').to.equal(cookie.secure);
    });
  });

let names = 0;
function uniqueName(name: string): string {
  names += 1;
  return `${name}${names}`;
}
