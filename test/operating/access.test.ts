import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import { startProgram } from '../config/program.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';

const SECRET = 'a secret for tests that is long enough to be one';

describe('The numbers are not for the world', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp('sqlite', { HTTP_ADDR: '0.0.0.0:0' });
  });
  after(() => app.stop());

  it('who asks directly on this machine sees them', async () => {
    const response = await fetch(`${app.url}/metrics`);
    expect(response.status).to.equal(200);
    expect(response.headers.get('content-type')).to.equal('text/plain; version=0.0.4; charset=utf-8');
    expect(response.headers.get('cache-control')).to.equal('no-store');
  });

  for (const header of ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'Via']) {
    it(`who comes through a proxy on this machine, which says so by ${header}, finds nothing`, async () => {
      const response = await fetch(`${app.url}/metrics`, { headers: { [header]: '127.0.0.1' } });
      expect(response.status).to.equal(404);
      expect(await response.json()).to.include({ code: 'unknown_route' });
    });
  }

  it('who comes from another address finds nothing, though the rest is there', async function () {
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

  it('serves the operators on an address of their own, and the numbers there alone', async () => {
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
