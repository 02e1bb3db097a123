import { expect } from 'chai';
import { groupOf, http, onEachServer, send } from './fixture.ts';

onEachServer('sync over HTTP', (app) => {
  it('accepts the same input as a body, with the same answer', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const [group, other] = [await groupOf(alice, bob), await groupOf(alice, bob)];
    for (const conversation of [group, group, other]) await send(alice, conversation);
    for (const input of [
      {},
      { conversations: { [group]: 1 } },
      { conversations: { [group]: 1 }, only_named: true, limit: 1 },
    ]) {
      const query = Object.entries(input).map(([name, value]): [string, string] => [name, JSON.stringify(value)]);
      const byGet = await http(app(), `GET /api/sync?${new URLSearchParams(query)}`, { token: bob.token });
      const byPost = await http(app(), 'POST /api/sync', { token: bob.token, body: input });
      expect(byPost.status).to.equal(200);
      expect(byPost.body, JSON.stringify(input)).to.deep.equal(byGet.body);
    }
  });

  it('accepts more conversations in a body than fit in a URL', async () => {
    const alice = await app().person('alice');
    const conversations = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [1_000_000 + index, 1]));
    const { status, body } = await http(app(), 'POST /api/sync', {
      token: alice.token,
      body: { conversations },
    });
    expect(status).to.equal(200);
    expect(body.removed_conversations).to.have.length(3_000);
  });

  it('refuses an unknown query parameter, and names it', async () => {
    const { token } = await app().person('alice');
    for (const [query, field] of [
      ['354=0', '354'],
      ['conversations=%7B%7D&conversation=1', 'conversation'],
      ['conversations%5Ba%5D=1', 'conversations[a]'],
      ['onlyNamed=true', 'onlyNamed'],
      ['__proto__=1', '__proto__'],
    ]) {
      const { status, body } = await http(app(), `GET /api/sync?${query}`, { token });
      expect([status, body.code], query).to.deep.equal([400, 'invalid_input']);
      expect(body.fields.map((each: { field: string }) => each.field)).to.deep.equal([field]);
      expect(body.error).to.match(
        new RegExp(`^${RegExp.escape(field ?? '')} is no parameter here; .*conversations, limit.*\\.$`),
      );
    }
    const many = await http(
      app(),
      `GET /api/sync?${Array.from({ length: 500 }, (_, index) => `${index}=0`).join('&')}`,
      { token },
    );
    expect(many.body.fields).to.have.length(10);
    expect((await http(app(), 'HEAD /api/sync?354=0', { token })).status).to.equal(400);
  });

  it('accepts conversations in both forms of a query', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const group = await groupOf(alice, bob);
    await send(alice, group);
    for (const query of [`conversations=%7B%22${group}%22%3A0%7D`, `conversations[${group}]=0`]) {
      const { body } = await http(app(), `GET /api/sync?${query}&only_named=true`, { token: bob.token });
      expect(Object.keys(body.conversations), query).to.deep.equal([String(group)]);
    }
  });

  it('ignores an unknown field of a body, and other operations ignore an unknown query parameter', async () => {
    const { token } = await app().person('alice');
    expect((await http(app(), 'POST /api/sync', { token, body: { 354: 0 } })).status).to.equal(200);
    expect((await http(app(), 'GET /api/me?354=0', { token })).status).to.equal(200);
    expect((await http(app(), 'GET /api/conversations?354=0', { token })).status).to.equal(200);
  });
});
