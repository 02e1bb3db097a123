import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { startApp, type TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import { requireChromium } from '../support/services.ts';
import { until } from './tcp.ts';

const WITHIN_MS = 5_000;
/** The attempts of a page over HTTP. */
const REQUESTS = 4;
const POLLING = '/socket.io/?EIO=4&transport=polling';

/** The attempts of a page: everything that a browser permits, with the cookies of its user. */
type Tried = { jsonp: string[]; script: string; reading: string; blind: string; webSocket: string };

/** Runs in the browser. */
async function attempt({ url, polling }: { url: string; polling: string }): Promise<Tried> {
  const jsonp: string[] = [];
  Object.assign(window, { ___eio: [(data: string) => jsonp.push(data)] });
  const load = (src: string) =>
    new Promise<string>((resolve) => {
      const script = document.createElement('script');
      script.onload = () => resolve('loaded');
      script.onerror = () => resolve('refused');
      script.src = src;
      document.head.append(script);
    });
  const answered = (options: RequestInit) =>
    fetch(url + polling, { credentials: 'include', ...options }).then(
      async (response) => (await response.text()) || response.type,
      () => 'refused',
    );
  await load(`${url}${polling}&j=0`);
  const webSocket = new Promise<string>((resolve) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/api/ws`);
    socket.onopen = () => resolve('open');
    socket.onerror = () => resolve('refused');
  });
  return {
    jsonp,
    script: await load(url + polling),
    reading: await answered({}),
    blind: await answered({ mode: 'no-cors' }),
    webSocket: await webSocket,
  };
}

/** A web server with an empty page. */
async function emptySite(): Promise<Server> {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html>'));
  await once(server.listen(0), 'listening');
  return server;
}
const portOf = (server: Server) => (server.address() as AddressInfo).port;

describe('A page of another origin, in a browser with a logged-in user,', function () {
  this.timeout(120_000);
  let app: TestApp;
  let alice: Person;
  let evil: Server;
  let friend: Server;
  let page: Page;
  const asked = new Set<string>();
  /** The browser may report an answer before its request. */
  let answers: { requestId: string; statusCode: number }[] = [];
  /** The server’s answer to each request of the page. */
  const statuses = () => answers.filter(({ requestId }) => asked.has(requestId)).map(({ statusCode }) => statusCode);

  before(async function () {
    const { browser } = await requireChromium(this);
    [evil, friend] = [await emptySite(), await emptySite()];
    app = await startApp('sqlite', { CORS_ORIGINS: `http://127.0.0.1:${portOf(friend)}` });
    alice = await app.person('alice');
    page = await browser.newPage();
    await page.context().addCookies([{ name: 'token', value: alice.token, url: app.url, sameSite: 'Lax' }]);
    // including those that the browser hides from the page
    const network = await page.context().newCDPSession(page);
    await network.send('Network.enable');
    network.on('Network.requestWillBeSent', ({ requestId, request }) => {
      if (request.url.startsWith(app.url)) asked.add(requestId);
    });
    network.on('Network.responseReceivedExtraInfo', (answer) => answers.push(answer));
  });
  after(async () => {
    await page?.context().close();
    for (const server of [evil, friend]) server?.close();
    await app?.stop();
  });

  async function tryFrom(origin: string): Promise<Tried> {
    await page.goto(origin);
    answers = [];
    return page.evaluate(attempt, { url: app.url, polling: POLLING });
  }

  for (const [kind, host] of [
    ['of the same site', '127.0.0.1'],
    ['of another site', 'localhost'],
  ] as const) {
    it(`${kind} cannot open a connection: as a script, with a blind request, or as a WebSocket`, async () => {
      const tried = await tryFrom(`http://${host}:${portOf(evil)}/`);
      expect(tried).to.include({ script: 'refused', reading: 'refused', webSocket: 'refused' });
      expect(tried.jsonp).to.deep.equal([]);
      await until(() => statuses().length >= REQUESTS, WITHIN_MS, 'every request is answered');
      for (const status of statuses()) expect(status).to.equal(403);
    });

    it(`${kind} cannot change anything with a request that needs no preflight`, async () => {
      await page.goto(`http://${host}:${portOf(evil)}/`);
      answers = [];
      await page.evaluate(async (url) => {
        await fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include' }).catch(() => undefined);
      }, `${app.url}/api/logout`);
      await until(() => statuses().length === 1, WITHIN_MS, 'the request is answered');
      expect(statuses()).to.deep.equal([403]);
      expect(await alice.rest.ask('me')).to.include({ ok: true });
    });
  }

  it('can do all of that if it is in CORS_ORIGINS, except JSONP, like a page of the server’s own origin', async () => {
    for (const origin of [`http://127.0.0.1:${portOf(friend)}/`, `${app.url}/docs`]) {
      const tried = await tryFrom(origin);
      expect(tried.jsonp, origin).to.deep.equal([]);
      expect(tried.reading, origin).to.match(/^0\{"sid":/);
      expect(tried.webSocket, origin).to.equal('open');
      const changed = await page.evaluate(async (url) => {
        const headers = { 'content-type': 'application/json' };
        return (await fetch(url, { method: 'PUT', credentials: 'include', headers, body: '{}' })).status;
      }, `${app.url}/api/me`);
      expect(changed, origin).to.equal(200);
    }
  });
});
