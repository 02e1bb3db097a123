import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';

const PAGES = ['/dev/outbox', '/metrics'];
const OTHER_HOSTS = [
  'chat.example.com',
  'localhost.example.com',
  '127.0.0.1.example.com',
  'example.com:8080',
  '0.0.0.0',
  'localhost:8080:80',
  'user@localhost',
];
const OWN_HOSTS = ['localhost', 'LOCALHOST:80', '127.0.0.1', '127.0.0.1:8080', '[::1]', '[::1]:8080'];
const FORWARDED = ['X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'Forwarded', 'X-Real-IP', 'Via'];

describe('The outbox page and /metrics, which are for this machine only,', function () {
  this.timeout(120_000);
  let app: TestApp;
  let port: number;
  before(async () => {
    app = await startApp('sqlite', { HTTP_ADDR: '0.0.0.0:0', SMTP_URL: '' });
    port = Number(new URL(app.url).port);
  });
  after(() => app.stop());

  function statusOf(path: string, headers: Record<string, string> = {}, address = '127.0.0.1'): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    request({ host: address, localAddress: address, port, path, headers }, (response) =>
      resolve(response.resume().statusCode ?? 0),
    )
      .on('error', reject)
      .end();
    return promise;
  }

  for (const path of PAGES) {
    it(`answer at ${path} under the names of this machine, in any case and with any port`, async () => {
      for (const Host of OWN_HOSTS) expect(await statusOf(path, { Host }), Host).to.equal(200);
      expect(await statusOf(path.toUpperCase()), 'in capitals').to.equal(200);
    });

    it(`are hidden at ${path} under any other name, such as one that a web page points to this machine`, async () => {
      for (const Host of OTHER_HOSTS) expect(await statusOf(path, { Host }), Host).to.equal(404);
      expect(await statusOf(`${path.toUpperCase()}/`, { Host: 'evil.example' })).to.equal(404);
    });

    it(`are hidden at ${path} from a proxy on this machine`, async () => {
      for (const header of FORWARDED) expect(await statusOf(path, { [header]: '127.0.0.1' }), header).to.equal(404);
      expect(await statusLineOf(`GET ${path} HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\n\r\n`)).to.include(' 404 ');
    });

    it(`are hidden at ${path} from another address, unlike the other pages`, async function () {
      const address = Object.values(networkInterfaces())
        .flat()
        .find((each) => each?.family === 'IPv4' && !each.internal)?.address;
      if (address === undefined) return this.skip();
      expect(await statusOf('/healthz', {}, address)).to.equal(200);
      expect(await statusOf(path, { Host: 'localhost' }, address)).to.equal(404);
    });
  }

  it('are not cached by browsers or proxies', async () => {
    for (const path of PAGES)
      expect((await fetch(`http://localhost:${port}${path}`)).headers.get('cache-control')).to.equal('no-store');
  });

  it('are linked only where they answer', async () => {
    const named = async (headers: Record<string, string>) => {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      request({ port, host: '127.0.0.1', headers }, async (response) =>
        resolve(Buffer.concat(await response.toArray()).toString()),
      )
        .on('error', reject)
        .end();
      return (await promise).includes('content="/dev/outbox"');
    };
    expect(await named({ Host: 'chat.example.com' })).to.equal(false);
    expect(await named({})).to.equal(true);
  });

  /** The first line of the answer to an unchanged request. */
  function statusLineOf(text: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('error', reject).on('data', (data) => resolve(String(data).split('\r\n', 1)[0] ?? ''));
    socket.on('close', () => reject(new Error('no answer')));
    return promise.finally(() => socket.destroy());
  }
});
