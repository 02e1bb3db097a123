import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import Router from '@koa/router';
import { expect } from 'chai';
import Koa from 'koa';
import { serveWebClient } from '../../src/pages/web-client.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';

const ASSETS = join(import.meta.dirname, '../../dist/web/assets');
const MAX_SCRIPT_BYTES = 60_000;
const IMMUTABLE = 'public, max-age=31536000, immutable';

const isScript = (name: string) => name.endsWith('.js');

describe('The served page', function () {
  this.timeout(120_000);
  let app: TestApp;
  before(async () => {
    app = await startApp();
  });
  after(() => app?.stop());

  const script = () => `/assets/${readdirSync(ASSETS).find(isScript)}`;
  const get = (path: string, encoding = 'identity') =>
    fetch(`${app.url}${path}`, { headers: { 'accept-encoding': encoding } });

  it('has less than 60 kB of scripts in total, gzipped', () => {
    const scripts = readdirSync(ASSETS).filter(isScript);
    expect(scripts).not.to.have.length(0);
    const sizes = scripts.map((name) => gzipSync(readFileSync(join(ASSETS, name))).length);
    expect(sizes.reduce((sum, size) => sum + size)).to.be.within(10_000, MAX_SCRIPT_BYTES);
  });

  it('is at / and revalidated each time; its assets are cached permanently', async () => {
    const page = await get('/');
    expect([page.status, page.headers.get('cache-control')]).to.deep.equal([200, 'no-cache']);
    expect(page.headers.get('content-type')).to.include('text/html');
    const named = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
    expect(named.map((path) => path.split('.').at(-1))).to.have.members(['js', 'css', 'svg']);
    for (const path of named) {
      const asset = await get(path);
      expect([asset.status, asset.headers.get('cache-control')], path).to.deep.equal([200, IMMUTABLE]);
      expect(asset.headers.get('content-type'), path).to.match(/^(text\/javascript|text\/css|image\/svg\+xml)/);
    }
  });

  it('is compressed as the browser accepts, with the same content', async () => {
    const plain = Buffer.from(await (await get(script())).arrayBuffer());
    const encodings: [string, string | null][] = [
      ['gzip, deflate, br', 'br'],
      ['gzip', 'gzip'],
      ['identity', null],
    ];
    for (const [accepted, expected] of encodings) {
      const answer = await get(script(), accepted); // fetch decompresses it
      expect(answer.headers.get('content-encoding')).to.equal(expected);
      expect(answer.headers.get('vary')?.split(/, ?/)).to.include('Accept-Encoding');
      expect(plain.equals(Buffer.from(await answer.arrayBuffer())), accepted).to.equal(true);
    }
    const file = join(ASSETS, script().slice('/assets/'.length));
    expect(plain.equals(brotliDecompressSync(readFileSync(`${file}.br`)))).to.equal(true);
    expect(plain.equals(gunzipSync(readFileSync(`${file}.gz`)))).to.equal(true);
  });

  it('serves no other files', async () => {
    for (const path of [
      '/assets/',
      '/assets/..%2f..%2f..%2fpackage.json',
      '/index.html',
      `${script()}.gz`,
      '/src/main.ts',
    ])
      expect((await get(path)).status, path).to.equal(404);
  });

  it('allows scripts, styles and connections of its own origin only, nothing inline, and no framing', async () => {
    const { headers } = await get('/');
    const policy = Object.fromEntries(
      (headers.get('content-security-policy') ?? '').split(';').map((directive) => {
        const [name = '', ...sources] = directive.trim().split(' ');
        return [name, sources.join(' ')];
      }),
    );
    expect(policy).to.deep.equal({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'img-src': "'self' https: http:",
      'connect-src': "'self'",
      'form-action': "'self'",
      'base-uri': "'none'",
      'frame-ancestors': "'none'",
    });
  });
});

describe('A server whose page was not built', () => {
  let folder: string;
  let server: Server;
  before(async () => {
    folder = makeTemporaryFolder('not-built');
    const router = new Router();
    serveWebClient({ folder })(router);
    server = createServer(new Koa().use(router.routes()).callback());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => {
    server.close();
    removeTemporaryFolder(folder);
  });

  it('explains at / how to build it', async () => {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    expect(answer.status).to.equal(503);
    expect(await answer.text()).to.include('npm run build');
  });
});
