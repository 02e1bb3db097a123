import { connect } from 'node:net';
import { expect } from 'chai';
import { sql } from 'kysely';
import { withDatabase } from '../accounts/requests.ts';
import { accepted, onEachServer, privateOf, refused } from '../contract/fixture.ts';
import { startApp, type TestApp } from '../support/app.ts';
import type { Answer } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { LEGACY, listed } from './legacy-fixture.ts';
import { dataUrlOf, fileOf, PICTURE_TYPES, type PictureType } from './pictures.ts';

const LARGEST = 65_536;

const put = (who: Person, profile_picture: string, more: object = {}): Promise<Answer> =>
  who.rest.ask('update_me', { profile_picture, ...more });
const taken = async (who: Person, type: PictureType, file: Buffer): Promise<string> =>
  accepted(await put(who, dataUrlOf(type, file))).profile_picture;

const kept = (app: TestApp, { id }: Person) =>
  withDatabase(app, async ({ sql: db }) => {
    const { rows } = await sql<{ key: string }>`select key from avatars where owner = 'u' and owner_id = ${id}`.execute(
      db,
    );
    return rows.map(({ key }) => key);
  });

/** The answer to a path exactly as written: `fetch` would resolve `..`. */
function statusOf(url: string, path: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`),
    );
    let text = '';
    socket.setEncoding('latin1').on('data', (part) => {
      text += part;
    });
    socket.on('end', () => resolve(text.split(' ')[1] ?? '')).on('error', reject);
  });
}

onEachServer(
  'A picture in a data: URL, with LEGACY_FIELDS=on,',
  (app) => {
    for (const type of PICTURE_TYPES) {
      it(`is served as what it is at an address of the server: ${type}`, async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const chat = await privateOf(alice, bob);
        const file = fileOf(type, LARGEST, 7);
        const url = await taken(bob, type, file);
        expect(url).to.match(new RegExp(`^${app().url}/api/avatars/u${bob.id}-[0-9a-f]{32}$`));
        const response = await fetch(url);
        expect(Buffer.from(await response.arrayBuffer()).equals(file)).to.equal(true);
        const headers = Object.fromEntries(response.headers);
        expect(headers).to.include({
          'content-type': `image/${type}`,
          'content-length': `${LARGEST}`,
          'x-content-type-options': 'nosniff',
          'content-disposition': 'inline',
          'cross-origin-resource-policy': 'cross-origin',
          'cache-control': 'private, max-age=31536000, immutable',
        });
        expect(headers['content-security-policy']).to.match(/^default-src 'none';.*sandbox/);
        expect(headers).not.to.have.property('set-cookie');
        const [summary] = await listed(alice.rest, chat);
        expect([summary.avatar, summary.other_user.profile_picture]).to.deep.equal([url, url]);
      });
    }

    it('replaces the last one, which is deleted in the same change', async () => {
      const alice = await app().person('alice');
      const first = await taken(alice, 'png', fileOf('png'));
      const second = await taken(alice, 'gif', fileOf('gif'));
      expect((await fetch(first)).status).to.equal(404);
      expect((await fetch(second)).status).to.equal(200);
      expect(await kept(app(), alice)).to.deep.equal([second.split('/').at(-1)]);
      expect(await taken(alice, 'gif', fileOf('gif'))).to.equal(second);
      expect(await kept(app(), alice)).to.have.length(1);
    });

    it('stays when the profile is sent back with its address, and goes when there is another or none', async () => {
      const alice = await app().person('alice');
      const url = await taken(alice, 'png', fileOf('png'));
      for (const same of [url, new URL(url).pathname]) {
        expect(accepted(await put(alice, same)).profile_picture).to.equal(same);
        expect((await fetch(url)).status).to.equal(200);
      }
      for (const other of ['https://example.com/a.png', '']) {
        const own = await taken(alice, 'png', fileOf('png'));
        accepted(await put(alice, other));
        expect((await fetch(own)).status).to.equal(404);
      }
      expect(await kept(app(), alice)).to.deep.equal([]);
    });

    it('is not stored, and the last one not deleted, if the change is refused', async () => {
      const [alice, bob] = await app().people('alice', 'bob');
      const url = await taken(alice, 'png', fileOf('png'));
      const answer = await put(alice, dataUrlOf('gif', fileOf('gif')), { username: bob.username });
      refused(answer, 409, 'username_taken');
      expect((await fetch(url)).status).to.equal(200);
      expect(await kept(app(), alice)).to.deep.equal([url.split('/').at(-1)]);
      expect(accepted(await alice.rest.ask('me')).profile_picture).to.equal(url);
    });

    it('of several changes at once leaves the one that the profile names', async () => {
      const alice = await app().person('alice');
      await Promise.all(PICTURE_TYPES.map((type) => taken(alice, type, fileOf(type))));
      const { profile_picture } = accepted(await alice.rest.ask('me'));
      expect(await kept(app(), alice)).to.deep.equal([profile_picture.split('/').at(-1)]);
    });

    it('is taken over sockets too, as far as their frames reach, with a path where the server knows no address', async () => {
      const alice = await app().person('alice');
      for (const client of [await alice.socketio(), await alice.raw()]) {
        const { profile_picture } = accepted(
          await client.ask('update_me', { profile_picture: dataUrlOf('png', fileOf('png', 40_000)) }),
        );
        expect(profile_picture).to.match(/^\/api\/avatars\/u\d+-[0-9a-f]{32}$/);
        expect((await fetch(app().url + profile_picture)).status).to.equal(200);
      }
    });

    it('is refused if it is too large, no base64, or not what it says', async () => {
      const alice = await app().person('alice');
      const url = await taken(alice, 'png', fileOf('png'));
      const base64 = fileOf('png').toString('base64');
      const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
      const html = Buffer.from('<!doctype html><script>alert(1)</script>');
      const bad = [
        dataUrlOf('png', fileOf('png', LARGEST + 1)),
        ...[svg, html, Buffer.alloc(0), fileOf('jpeg')].map((file) => dataUrlOf('png', file)),
        dataUrlOf('svg+xml', svg),
        dataUrlOf('svg+xml', fileOf('png')),
        dataUrlOf('bmp', fileOf('png')),
        dataUrlOf('webp', Buffer.from('RIFF\x10\0\0\0WAVEfmt ', 'latin1')),
        `data:text/html;base64,${html.toString('base64')}`,
        `data:image/png,${base64}`,
        `data:image/png;charset=utf-8;base64,${base64}`,
        ...[`${base64}!`, `${base64}=`, base64.slice(1), ` ${base64}`, `${base64}\n`, `${base64}%3D`].map(
          (text) => `data:image/png;base64,${text}`,
        ),
        `data:image/png;base64,${base64.replaceAll('A', '_')}`,
        `data:image/png;base64,iVBORw0KGgp=`,
        ...['DATA:', 'data:', 'data:image/png;base64,', 'javascript:alert(1)', 'file:///etc/passwd'],
        ...['/api/avatars/../me', '/api/avatars/u1', `//evil.example${new URL(url).pathname}`, '/api/me'],
      ];
      for (const picture of bad) {
        const { fields } = refused(await put(alice, picture), 400, 'invalid_input');
        expect(fields?.map(({ field }) => field)).to.deep.equal(['profile_picture']);
      }
      refused(await put(alice, dataUrlOf('png', fileOf('png', 200_000))), 413, 'body_too_large');
      expect(await kept(app(), alice)).to.deep.equal([url.split('/').at(-1)]);
    });

    it('needs no larger body anywhere else', async () => {
      const alice = await app().person('alice');
      const [method, headers] = [
        'POST',
        { authorization: `Bearer ${alice.token}`, 'content-type': 'application/json' },
      ];
      const body = JSON.stringify({ content: dataUrlOf('png', fileOf('png', LARGEST)) });
      for (const path of ['messages', 'login', 'sync']) {
        const response = await fetch(`${app().url}/api/${path}`, { method, headers, body });
        expect(response.status, path).to.equal(413);
      }
    });

    it('is found by its whole key alone', async () => {
      const [alice, bob] = await app().people('alice', 'bob');
      const path = new URL(await taken(alice, 'png', fileOf('png'))).pathname;
      const [, hash = ''] = path.split('-');
      for (const other of [
        `/api/avatars/u${bob.id}-${hash}`,
        `/api/avatars/c${alice.id}-${hash}`,
        `/api/avatars/u${alice.id}-${hash.slice(1)}`,
        `/api/avatars/u${alice.id}-${'0'.repeat(32)}`,
        `/api/avatars/u${alice.id}-${hash.toUpperCase()}x`,
        `/api/avatars/u${alice.id}-%25`,
        `/api/avatars/${'u'.repeat(2_000)}`,
        '/api/avatars/..%2f..%2fetc%2fpasswd',
        '/api/avatars/../../etc/passwd',
        "/api/avatars/u1'%20or%20'1'='1",
        '/api/avatars/%00',
        '/api/avatars/%zz',
        '/api/avatars/',
        '/api/avatars',
      ])
        expect(await statusOf(app().url, other), other).to.be.oneOf(['400', '404']);
      expect(await statusOf(app().url, path)).to.equal('200');
    });
  },
  LEGACY,
);

describe('Profile pictures', () => {
  let app: TestApp | undefined;
  afterEach(() => app?.stop());

  it('are refused in data: URLs without LEGACY_FIELDS, and so is a larger body', async () => {
    app = await startApp();
    const alice = await app.person('alice');
    refused(await put(alice, dataUrlOf('png', fileOf('png'))), 400, 'invalid_input');
    refused(await put(alice, dataUrlOf('png', fileOf('png', LARGEST))), 413, 'body_too_large');
  });

  it('have the address in PUBLIC_URL, over every transport', async () => {
    app = await startApp('sqlite', { ...LEGACY, PUBLIC_URL: 'https://chat.example.com' });
    const alice = await app.person('alice');
    for (const client of [alice.rest, await alice.socketio(), await alice.raw()]) {
      const answer = await client.ask('update_me', { profile_picture: dataUrlOf('png', fileOf('png')) });
      expect(accepted(answer).profile_picture).to.match(/^https:\/\/chat\.example\.com\/api\/avatars\/u\d+-/);
    }
  });

  it('count against the limit by their size', async () => {
    app = await startApp('sqlite', { ...LEGACY, RATE_LIMITS: 'on', RATE_OPERATIONS: '50/600' });
    const alice = await app.person('alice');
    const answers: Answer[] = [];
    while (answers.length < 5) answers.push(await put(alice, dataUrlOf('png', fileOf('png', LARGEST, answers.length))));
    expect(answers.map(({ ok }) => ok)).to.deep.equal([true, true, false, false, false]);
    for (const answer of answers.slice(2)) refused(answer, 429, 'rate_limited');
  });
});
