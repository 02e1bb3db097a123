import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { until } from '../monitoring/operator.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { type HoldingProxy, startHoldingProxy } from '../support/holding-proxy.ts';
import type { Person } from '../support/people.ts';
import { type RunningProxy, requireProgram, startProxy } from './proxy.ts';

const CONNECTIONS = 20;
/** Above the 5 s, plus a second, after which Node closes an idle connection by default. */
const IDLE_MS = 6_500;
/** The longest default of common proxies: nginx keeps an idle connection for 60 s, Caddy for 120 s. */
const PROXY_KEEPS_IDLE_SEC = 120;

describe('An idle connection of a proxy', function () {
  this.timeout(120_000);
  let app: TestApp;
  let person: Person;
  const stops: (() => unknown)[] = [];
  const proxies: Partial<Record<'nginx' | 'haproxy', Kept>> = {};

  before(async function () {
    const binaries = { nginx: requireProgram(this, 'nginx'), haproxy: requireProgram(this, 'haproxy') };
    app = await startApp();
    person = await app.person();
    for (const name of ['nginx', 'haproxy'] as const) {
      const line = await startHoldingProxy(Number(new URL(app.url).port));
      const proxy = await startProxy(name, binaries[name], [`127.0.0.1:${line.port}`, `127.0.0.1:${line.port}`]);
      proxies[name] = keep(line, proxy);
      stops.push(() => proxies[name]?.close(), proxy.stop, line.cut);
    }
    for (const { askAll } of Object.values(proxies)) expect(await askAll(person)).to.deep.equal(allOf(200));
    // nginx detects connections that the server closes from now on only after it has sent a request. HAProxy checks
    // the server over the same TCP proxy, and would disable it.
    proxies.nginx?.line.hold();
    await delay(IDLE_MS);
  });
  after(async () => {
    for (const stop of stops) await stop();
    await app?.stop();
  });

  it('is kept by the server for longer than by proxies', async () => {
    const { headers } = await fetch(`${app.url}/healthz`);
    const [, seconds] = /^timeout=(\d+)$/.exec(headers.get('keep-alive') ?? '') ?? [];
    expect(Number(seconds)).to.be.above(PROXY_KEEPS_IDLE_SEC);
  });

  for (const name of ['nginx', 'haproxy'] as const) {
    it(`accepts a POST after more than five seconds, behind ${name} with the configuration of deploy/`, async () => {
      const { line, askAll } = proxies[name] as Kept; // started above
      const before = line.opened();
      expect(await askAll(person)).to.deep.equal(allOf(200));
      if (name === 'nginx') expect(line.opened(), 'connections, none of them new').to.equal(before);
    });
  }
});

const allOf = (status: number) => Array.from({ length: CONNECTIONS }, () => status);

type Kept = { line: HoldingProxy; askAll(person: Person): Promise<number[]>; close(): void };

/** Clients of a proxy that keep their connections, and its TCP proxy to the server. */
function keep(line: HoldingProxy, { url }: RunningProxy): Kept {
  const { port } = new URL(url);
  const clients = Array.from({ length: CONNECTIONS }, () => connect(Number(port), '127.0.0.1'));
  for (const client of clients) client.on('error', () => undefined);
  return {
    line,
    async askAll(person) {
      line.hold(); // so that each request needs a separate connection
      const answers = clients.map((client) => statusOf(client, person));
      await until(async () => line.waiting() >= CONNECTIONS);
      line.release();
      return Promise.all(answers);
    },
    close() {
      for (const client of clients) client.destroy();
    },
  };
}

/** Requests a ticket. Returns the status, or 0 if the connection ends without an answer. */
function statusOf(client: Socket, { token }: Person): Promise<number> {
  const head = [
    'POST /api/ws/ticket HTTP/1.1',
    'Host: localhost',
    `Authorization: Bearer ${token}`,
    'Content-Length: 0',
  ];
  return new Promise((resolve) => {
    client.once('close', () => resolve(0));
    client.once('data', (data) => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(`${data}`)?.[1])));
    client.write(`${head.join('\r\n')}\r\n\r\n`);
  });
}
