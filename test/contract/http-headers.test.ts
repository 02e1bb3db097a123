import { expect } from 'chai';
import { upgrade } from '../realtime/connecting.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { rawAt } from '../support/clients.ts';
import { http } from './fixture.ts';

const FRONT_END = 'https://app.example';
const EXPOSED = 'Retry-After,RateLimit-Limit,RateLimit-Remaining,RateLimit-Reset,X-Request-Id,Allow,WWW-Authenticate';

describe('The headers of an answer', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp('sqlite', { CORS_ORIGINS: FRONT_END });
  });
  after(() => app.stop());

  it('forbid storing any answer of the API', async () => {
    const { token } = await app.person();
    const routes: [string, number][] = [
      ['GET /api/me', 200],
      ['GET /API/ME/', 200],
      ['HEAD /api/me', 200],
      ['POST /api/login', 400],
      ['GET /api/nothing', 404],
      ['DELETE /api/me', 405],
      ['OPTIONS /api/me', 204],
      ['GET /api/ws', 426],
      ['PATCH /api', 404],
    ];
    for (const [route, expected] of routes) {
      const { status, headers } = await http(app, route, { token });
      expect([status, headers.get('cache-control')], route).to.deep.equal([expected, 'no-store']);
    }
    const unauthenticated = await http(app, 'GET /api/conversations');
    expect([unauthenticated.status, unauthenticated.headers.get('cache-control')]).to.deep.equal([401, 'no-store']);
    expect((await fetch(`${app.url}/docs`)).headers.get('cache-control')).not.to.equal('no-store');
  });

  it('name an authentication scheme with 401, for which no browser prompts its user', async () => {
    const wrong = { username: 'nobody', password: 'wrong' };
    for (const answer of [
      await http(app, 'GET /api/me'),
      await http(app, 'GET /api/me', { token: 'x' }),
      await http(app, 'POST /api/login', { body: wrong }),
    ]) {
      expect(answer.status).to.equal(401);
      expect(answer.headers.get('www-authenticate')).to.equal('Bearer');
    }
    const { status, headers } = await upgrade(app.url, '/api/ws');
    expect(status).to.equal(401);
    expect(headers).to.include({ 'www-authenticate': 'Bearer', 'cache-control': 'no-store' });
  });

  it('name the protocol to upgrade to with 426', async () => {
    const { status, headers } = await http(app, 'GET /api/ws');
    expect([status, headers.get('upgrade')]).to.deep.equal([426, 'websocket']);
    expect(headers.get('connection')?.toLowerCase()).to.include('upgrade');
  });

  it('let pages of allowed origins read what they need, with a preflight every ten minutes', async () => {
    const { cookie } = await app.person();
    for (const path of ['/api/me', '/api/nothing', '/api/ws']) {
      const { headers } = await http(app, `GET ${path}`, { cookie, headers: { origin: FRONT_END } });
      expect(headers.get('access-control-allow-origin'), path).to.equal(FRONT_END);
      expect(headers.get('access-control-expose-headers'), path).to.equal(EXPOSED);
    }
    const asking = { origin: FRONT_END, 'access-control-request-method': 'PATCH' };
    const preflight = await fetch(`${app.url}/api/messages/1`, { method: 'OPTIONS', headers: asking });
    expect(preflight.status).to.equal(204);
    expect(preflight.headers.get('access-control-max-age')).to.equal('600');
    expect(preflight.headers.get('access-control-allow-methods')?.split(',')).to.include.members(['PATCH', 'DELETE']);
    const { headers } = await http(app, 'GET /api/me', { cookie, headers: { origin: 'https://evil.example' } });
    expect(headers.get('access-control-expose-headers')).to.equal(null);
  });

  it('correspond to the reason with which a WebSocket is closed when its session has ended', async () => {
    const alice = await app.person();
    const { socket } = await rawAt(`${app.url.replace('http', 'ws')}/api/ws?token=${alice.token}`);
    const closed = new Promise((resolve) => socket.once('close', (code, reason) => resolve([code, String(reason)])));
    await alice.rest.ask('logout');
    expect(await closed).to.deep.equal([4401, 'unauthenticated']);
  });
});
