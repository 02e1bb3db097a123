import { expect } from 'chai';
import { connect } from '../../packages/client/src/client.ts';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { beginEpoch } from '../../src/installation/installation.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { until } from '../cluster/until.ts';
import { migratedEnvironment, onEachDatabase } from '../support/app.ts';
import { People, type Person } from '../support/people.ts';
import { freePort } from '../support/processes.ts';
import { backUp, mmchat } from './backup.ts';

const BEFORE = ['one', 'two', 'three'];
const LOST = ['lost 1', 'lost 2', 'lost 3', 'lost 4'];
const AFTER = ['new 1', 'new 2'];
const TRANSPORTS = ['rest', 'socketio', 'raw'] as const;

type Fresh = Awaited<ReturnType<typeof migratedEnvironment>>;

onEachDatabase('After a backup was restored', (kind) => {
  let fresh: Fresh;
  let app: App;
  let ann: Person;
  let ben: Person;
  let cid: Person;
  let conversation_id: number;
  let people: People;
  let backup: Awaited<ReturnType<typeof backUp>>;
  beforeEach(async function () {
    this.timeout(120_000);
    fresh = await migratedEnvironment(kind, { HTTP_ADDR: `127.0.0.1:${await freePort()}` });
    app = await createApp(readConfig(fresh.env));
    people = new People(app.url, fresh.smtp);
    ann = await people.signUp('ann');
    [ben, cid] = await Promise.all([people.signUp('ben'), people.signUp('cid')]);
    ({ conversation_id } = await ann.rest.ask('create_group', { name: 'Team', member_ids: [ben.id] }));
    await say(BEFORE);
    backup = await backUp(fresh.env);
  });
  afterEach(async () => {
    people.closeClients();
    await app.stop();
    backup.remove();
    await fresh.remove();
  });

  async function say(contents: readonly string[]) {
    for (const content of contents) {
      const sent = await ann.rest.ask('message', { conversation_id, content });
      expect(sent).to.include({ ok: true });
    }
  }

  it('clients that had received more show exactly the restored data and all later changes', async function () {
    this.timeout(120_000);
    const storage = new Map<string, string>();
    const chat = connect({
      url: app.url,
      token: ben.token,
      storage: {
        length: 0,
        key: () => null,
        getItem: (key) => storage.get(key) ?? null,
        setItem: (key, value) => void storage.set(key, value),
        removeItem: (key) => void storage.delete(key),
      },
    });
    const store = chat.conversation(conversation_id);
    store.subscribe(() => undefined);
    const shown = () =>
      store.get().messages.flatMap((message) => (message.kind === 'message' ? [message.content] : []));
    const { conversation_id: aside } = await ann.rest.ask('open_private_conversation', { other_user_id: ben.id });
    await ann.rest.ask('message', { conversation_id: aside, content: 'will be gone' });
    await say(LOST);
    await until('it has received all', () => shown().length === BEFORE.length + LOST.length);
    const listed = () => chat.conversations.get().map(({ conversation_id: id }) => id);
    await until('both are listed', () => listed().includes(aside));
    const { epoch, conversations } = await ben.rest.ask('sync', {});
    const seen = { [conversation_id]: conversations[conversation_id]?.seq ?? BEFORE.length + LOST.length };
    expect(epoch).to.be.a('string');
    expect((await ben.rest.ask('list_conversations')).epoch).to.equal(epoch);

    await app.stop();
    await backup.restore();
    expect((await mmchat(fresh.env, 'restored')).stdout).to.include('A new epoch has begun');
    app = await createApp(readConfig(fresh.env));
    // at least as many as were lost: the old sequence numbers are within the current ones
    await say([...AFTER, ...LOST.map((_, index) => `new ${index + 3}`)]);
    const contents = [...BEFORE, ...AFTER, ...LOST.map((_, index) => `new ${index + 3}`)];

    for (const transport of TRANSPORTS) {
      const client = await ben.client(transport);
      const ask = (input: object) => client.ask('sync', { conversations: seen, only_named: true, ...input });
      const old = await ask({ epoch });
      expect(old.conversations[conversation_id], transport).to.include({ reset: true, has_more: false });
      const texts = old.conversations[conversation_id].messages.map(({ content }: { content: string }) => content);
      expect(texts).to.deep.equal(contents);
      expect(old.epoch).to.be.a('string').and.not.to.equal(epoch);
      const current = await ask({ epoch: old.epoch });
      expect(current.conversations[conversation_id], transport).to.include({ reset: false });
      const beyond = await ask({ conversations: { [conversation_id]: 1_000 } });
      expect(beyond.conversations[conversation_id], 'an unknown sequence number').to.include({ reset: true });
    }
    await until('the client shows the restored messages', () => shown().join() === contents.join(), 15_000);
    expect(listed(), 'the later conversation is gone').to.deep.equal([conversation_id]);
    const received: string[] = [];
    chat.on('message', ({ content }) => received.push(content));
    await say(['live']);
    await until('it receives live events', () => shown().at(-1) === 'live');
    expect(received).to.deep.equal(['live']);
    chat.close();
  });

  it('all conversations are reset, and a client that continues to sync has all of them', async function () {
    this.timeout(120_000);
    const ids = [conversation_id];
    for (let made = 0; made < 11; made += 1) {
      const group = await ann.rest.ask('create_group', { name: `Group ${made}`, member_ids: [ben.id] });
      ids.push(group.conversation_id);
      await ann.rest.ask('message', { conversation_id: group.conversation_id, content: `in ${made}` });
    }
    const kept = new Map<string, { seq: number; contents: string[] }>(
      ids.map((id) => [`${id}`, { seq: 1, contents: ['old'] }]),
    );
    let epoch = 'of long ago';
    for (let more = true, pages = 0; more; pages += 1) {
      expect(pages).to.be.below(20);
      const conversations = Object.fromEntries([...kept].map(([id, { seq }]) => [id, seq]));
      const answer = await ben.rest.ask('sync', { conversations, epoch, limit: 5, only_named: true });
      for (const [id, { seq, reset, messages }] of Object.entries<Record<string, never>>(answer.conversations)) {
        const rows: { content: string }[] = messages ?? [];
        const before = reset ? [] : (kept.get(id)?.contents ?? []);
        kept.set(id, { seq: Number(seq), contents: [...before, ...rows.map(({ content }) => content)] });
      }
      ({ epoch, has_more: more } = answer as unknown as { epoch: string; has_more: boolean });
    }
    for (const [id, { contents }] of kept) {
      expect(contents, id).not.to.include('old');
      expect(contents.at(-1), id).to.match(/^in |^three$/);
    }
  });

  it('running servers detect it, join their users to the current rooms, and ask them to sync', async function () {
    this.timeout(120_000);
    await ann.rest.ask('add_participant', { conversation_id, user_id: cid.id });
    const [member, late] = await Promise.all([ben.raw(), cid.raw()]);
    if (kind === 'postgresql') await backup.restore();
    const operator = await openDatabase(readConfig(fresh.env).database);
    await beginEpoch(operator, false); // like `mmchat restored`
    await operator.close();
    await Promise.all(
      [member, late].map(({ inbox }) => inbox.next('conversation_update', { content: 'sync_required' }, 10_000)),
    );
    await say(['live']);
    await member.inbox.next('message', { content: 'live' });
    if (kind === 'postgresql') {
      expect(late.inbox.all('message'), 'was added after the backup').to.deep.equal([]);
      expect((await late.ask('message', { conversation_id, content: 'still in?' })).ok).to.equal(false);
    } else await late.inbox.next('message', { content: 'live' });
  });
});
