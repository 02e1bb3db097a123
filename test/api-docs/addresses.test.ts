import { request } from 'node:http';
import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';

const PATHS = ['/openapi.json', '/asyncapi.json', '/docs', '/docs/realtime', '/docs/rest'];

/** Sends any headers; fetch does not permit setting `Host`. */
function get(app: TestApp, path: string, headers: Record<string, string>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  request(`${app.url}${path}`, { headers }, async (response) => {
    resolve(Buffer.concat(await response.toArray()).toString());
  })
    .on('error', reject)
    .end();
  return promise;
}

async function addressesIn(app: TestApp, headers: Record<string, string> = {}) {
  const openApi = JSON.parse(await get(app, '/openapi.json', headers));
  const asyncApi = JSON.parse(await get(app, '/asyncapi.json', headers));
  const { socketio, websocket } = asyncApi.servers;
  return {
    rest: openApi.servers.map(({ url }: { url: string }) => url),
    curl: openApi.paths['/api/me'].get['x-codeSamples'][0].source.match(/https?:\/\/[^/]+/)[0],
    socketio: socketio.host,
    websocket: `${websocket.protocol}://${websocket.host}`,
    page: (await get(app, '/docs/realtime', headers)).match(/io\(&#39;(https?:\/\/[^/]+)\/chat&#39;/)?.[1],
  };
}

const at = (scheme: 'http' | 'https', host: string) => ({
  rest: [`${scheme}://${host}`],
  curl: `${scheme}://${host}`,
  socketio: host,
  websocket: `${scheme === 'http' ? 'ws' : 'wss'}://${host}`,
  page: `${scheme}://${host}`,
});

describe('The address in the documents', () => {
  describe('without PUBLIC_URL', () => {
    let app: TestApp;
    before(async () => {
      app = await startApp();
    });
    after(() => app.stop());
    const own = () => new URL(app.url).host;

    it('is that of the request, also in samples, and never that of the examples', async () => {
      expect(await addressesIn(app)).to.deep.equal(at('http', own()));
      expect(await addressesIn(app, { host: 'Chat.Example.com:8443' })).to.deep.equal(
        at('http', 'chat.example.com:8443'),
      );
      expect(await addressesIn(app, { host: '[::1]:9000' })).to.deep.equal(at('http', '[::1]:9000'));
      for (const path of PATHS) expect(await get(app, path, {}), path).not.to.include('localhost:8080');
    });

    it('is declared to caches by Vary', async () => {
      const { headers } = await fetch(`${app.url}/openapi.json`);
      expect(headers.get('vary'))
        .to.match(/Host/)
        .and.match(/X-Forwarded-Proto/);
    });

    it('is never an unusable Host, but the local address of the connection', async () => {
      for (const host of [
        '"><script>alert(1)</script>',
        "a';curl evil;'",
        '$(id)',
        'a b',
        'a:999999',
        'a/b',
        '@evil.example',
        '[::',
        '',
      ]) {
        expect(await addressesIn(app, { host }), host).to.deep.equal(at('http', own()));
        for (const path of PATHS)
          expect(await get(app, path, { host }), `${path}: ${host}`).not.to.match(/alert\(1\)|curl evil|\$\(id\)/);
      }
    });

    it('ignores the scheme and the host of an untrusted proxy', async () => {
      const forged = {
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'evil.example',
        forwarded: 'host=evil.example;proto=https',
      };
      expect(await addressesIn(app, forged)).to.deep.equal(at('http', own()));
    });
  });

  it('has the scheme of a trusted proxy', async () => {
    const app = await startApp('sqlite', { TRUST_PROXY: '1' });
    try {
      const host = 'chat.example.com';
      expect(await addressesIn(app, { host, 'x-forwarded-proto': 'https' })).to.deep.equal(at('https', host));
      expect(await addressesIn(app, { host, 'x-forwarded-proto': 'HTTPS, http' })).to.deep.equal(at('https', host));
      for (const other of ['http', 'javascript', 'httpsx', '"'])
        expect(await addressesIn(app, { host, 'x-forwarded-proto': other }), other).to.deep.equal(at('http', host));
    } finally {
      await app.stop();
    }
  });

  it('is PUBLIC_URL: of several the one in the request, else the first', async () => {
    const app = await startApp('sqlite', { PUBLIC_URL: 'https://chat.example.com,http://intern.example:8081' });
    try {
      expect(await addressesIn(app)).to.deep.equal(at('https', 'chat.example.com'));
      expect(await addressesIn(app, { host: 'evil.example' })).to.deep.equal(at('https', 'chat.example.com'));
      expect(await addressesIn(app, { host: 'Intern.example:8081' })).to.deep.equal(at('http', 'intern.example:8081'));
    } finally {
      await app.stop();
    }
  });
});
