import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import { startProgram } from '../config/program.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';

const SECRET = 'a secret for tests that is long enough to be one';

describe('The metrics are private', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp('sqlite', { HTTP_ADDR: '0.0.0.0:0' });
  });
  after(() => app.stop());

  it('they answer direct requests from this machine', async () => {
    const response = await fetch(`${app.url}/metrics`);
    expect(response.status).to.equal(200);
    expect(response.headers.get('content-type')).to.equal('text/plain; version=0.0.4; charset=utf-8');
    expect(response.headers.get('cache-control')).to.equal('no-store');
  });

  for (const header of ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'Via']) {
    it(`they are hidden from a proxy on this machine that sends ${header}`, async () => {
      const response = await fetch(`${app.url}/metrics`, { headers: { [header]: '127.0.0.1' } });
      expect(response.status).to.equal(404);
      expect(await response.json()).to.include({ code: 'unknown_route' });
    });
  }

  it('they are hidden from other addresses, unlike the other pages', async function () {
    const address = Object.values(networkInterfaces())
      .flat()
      .find((each) => each?.family === 'IPv4' && !each.internal)?.address;
    if (address === undefined) return this.skip();
    const { port } = new URL(app.url);
    const statusOf = (path: string) =>
      new Promise((resolve, reject) =>
        request({ host: address, localAddress: address, port, path }, (response) =>
          resolve(response.resume().statusCode),
        )
          .on('error', reject)
          .end(),
      );
    expect(await statusOf('/healthz')).to.equal(200);
    expect(await statusOf('/metrics')).to.equal(404);
  });
});

describe('METRICS_ADDR', () => {
  let folder: string;
  beforeEach(() => {
    folder = makeTemporaryFolder('metrics');
  });
  afterEach(() => removeTemporaryFolder(folder));

  it('is a separate address for the operator’s pages, and then the only one with metrics', async () => {
    const program = await startProgram(folder, { JWT_SECRET: SECRET, METRICS_ADDR: '127.0.0.1:0' });
    try {
      const own = await until(() => / {2}metrics {3}(\S+)\/metrics/.exec(program.output())?.[1]);
      expect(await (await fetch(`${own}/metrics`)).text()).to.include('mmchat_connections{transport="raw"} 0');
      expect((await fetch(`${own}/readyz`)).status).to.equal(200);
      expect((await fetch(`${own}/healthz`)).status).to.equal(200);
      expect((await fetch(`${own}/api/me`)).status).to.equal(404);
      expect((await fetch(`${own}/metrics`, { method: 'POST' })).status).to.equal(404);
      expect((await fetch(`${program.url}/metrics`)).status).to.equal(404);
      expect((await fetch(`${program.url}/readyz`)).status).to.equal(200);
    } finally {
      await program.stop();
    }
    expect(await program.ended).to.equal(0);
  });
});

async function until<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
