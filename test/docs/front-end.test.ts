import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { io } from 'socket.io-client';
import { createServer as createViteServer, type UserConfig } from 'vite';
import { startApp, type TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { requireChromium } from '../support/services.ts';
import { blocksOf, readText } from './markdown.ts';

const page = readText('docs/front-end.md');

describe('A separate front end, configured as in docs/front-end.md,', function () {
  this.timeout(120_000);

  describe('behind a development server', () => {
    let app: TestApp;
    let folder: string;
    let stop: () => Promise<void>;
    let front: string;
    before(async () => {
      app = await startApp();
      folder = makeTemporaryFolder('front-end');
      const code = blocksOf(page, 'js').find((block) => block.includes('proxy:')) ?? '';
      const { default: config } = (await import(
        `data:text/javascript,${encodeURIComponent(code.replaceAll('http://localhost:8080', app.url))}`
      )) as { default: UserConfig };
      const server = { ...config.server, host: '127.0.0.1', port: 0 };
      const vite = await createViteServer({ configFile: false, root: folder, logLevel: 'silent', server });
      await vite.listen();
      front = vite.resolvedUrls?.local[0]?.replace(/\/$/, '') ?? '';
      stop = () => vite.close();
    });
    after(async () => {
      await stop?.();
      await app.stop();
      removeTemporaryFolder(folder);
    });

    it('logs in, calls operations and receives events with the cookie alone', async () => {
      const alice = await app.person('alice');
      const { username, password } = alice;
      const headers = { origin: front, 'content-type': 'application/json' };
      const login = { method: 'POST', headers, body: JSON.stringify({ username, password }) };
      const answer = await fetch(`${front}/api/login`, login);
      expect(answer.status).to.equal(200);
      const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
      expect((await fetch(`${front}/api/me`, { headers: { cookie } })).status).to.equal(200);
      for (const transports of [['polling'], ['websocket']]) {
        const chat = io(`${front}/chat`, { transports, extraHeaders: { cookie, origin: front }, forceNew: true });
        expect(await chat.timeout(5_000).emitWithAck('me', {})).to.include({ ok: true, id: alice.id });
        chat.disconnect();
      }
    });
  });

  describe('on another site', () => {
    let app: TestApp;
    let site: Server;
    let alice: Person;
    before(async () => {
      site = createServer((_, response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end('<title>A</title>'),
      );
      await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
      const settings = blocksOf(page, 'ini').find((block) => block.includes('COOKIE_SAMESITE')) ?? '';
      const env = Object.fromEntries(
        settings
          .trim()
          .split('\n')
          .map((line) => line.split('=') as [string, string]),
      );
      app = await startApp('sqlite', { ...env, CORS_ORIGINS: originOf(site) });
      alice = await app.person('alice');
    });
    after(async () => {
      site.close();
      await app.stop();
    });

    it('stays logged in in a browser, with a separate login for each site', async function () {
      const { browser } = await requireChromium(this);
      const context = await browser.newContext();
      try {
        const tab = await context.newPage();
        await tab.goto(originOf(site));
        // for a browser, http://localhost is secure, and another site than 127.0.0.1
        const api = app.url.replace('127.0.0.1', 'localhost');
        const { username, password } = alice;
        const seen = await tab.evaluate(
          async ({ url, account }) => {
            const headers = { 'content-type': 'application/json' };
            const login = { method: 'POST', headers, body: JSON.stringify(account), credentials: 'include' } as const;
            const first = await fetch(`${url}/api/login`, login);
            const me = await fetch(`${url}/api/me`, { credentials: 'include' });
            return [
              first.status,
              me.status,
              me.headers.get('ratelimit-limit'),
              me.headers.get('x-request-id') !== null,
            ];
          },
          { url: api, account: { username, password } },
        );
        expect(seen).to.deep.equal([200, 200, null, true]);
        const [cookie] = await context.cookies();
        expect(cookie).to.include({ name: 'token', sameSite: 'None', secure: true });
        expect(cookie?.partitionKey, 'kept apart for the site of the page').to.include('127.0.0.1');
      } finally {
        await context.close();
      }
    });
  });
});

const originOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
