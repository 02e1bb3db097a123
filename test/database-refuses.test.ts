import { expect } from 'chai';
import { type RawBuilder, sql } from 'kysely';
import { readConfig } from '../src/config/config.ts';
import { openDatabase } from '../src/server/open-database.ts';
import { type DatabaseKind, onEachDatabase, startApp, type TestApp } from './support/app.ts';
import type { Client } from './support/clients.ts';
import type { Person } from './support/people.ts';

const POISON = 'what the database will not take';
const SENDS = 60;

/** Makes the database refuse one content, as an internal error would: no client input is refused by the database alone. */
const TRIGGERS: Record<DatabaseKind, RawBuilder<unknown>[]> = {
  sqlite: [
    sql.raw(`create trigger refusing before insert on messages when new.content = '${POISON}'
      begin select raise(abort, 'refused'); end`),
  ],
  postgresql: [
    sql.raw(`create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'refused'; end $$`),
    sql.raw(`create trigger refusing before insert on messages for each row when (new.content = '${POISON}')
      execute function refuse()`),
  ],
};

onEachDatabase('Sends that are committed together, one of which is refused', (kind) => {
  let app: TestApp;
  let alice: Person;
  let bob: Person;
  let conversation_id: number;
  before(async () => {
    app = await startApp(kind);
    const database = await openDatabase(readConfig(app.env).database);
    for (const statement of TRIGGERS[kind]) await statement.execute(database.sql);
    await database.close();
  });
  after(() => app.stop());
  beforeEach(async () => {
    [alice, bob] = await app.people('alice', 'bob');
    ({ conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id }));
  });

  /** Sends all messages before the first is answered, every third over another transport. */
  async function sendAtOnce(contents: readonly string[]) {
    const clients: Client[] = [await alice.raw(), await alice.socketio(), alice.rest];
    return Promise.all(
      contents.map((content, index) => clients[index % 3]?.ask('message', { conversation_id, content })),
    );
  }

  it('by the database itself, all others are accepted, numbered without gaps and received in order', async () => {
    const receiver = await bob.raw();
    const contents = Array.from({ length: SENDS }, (_, index) => (index === SENDS / 2 ? POISON : `message ${index}`));
    const answers = await sendAtOnce(contents);
    const refused = answers.splice(SENDS / 2, 1);
    expect(refused.map((answer) => answer?.error.code)).to.deep.equal(['internal_error']);
    for (const answer of answers) expect(answer).to.include({ ok: true });
    const numbers = Array.from({ length: SENDS - 1 }, (_, index) => index + 1);
    expect(answers.map((answer) => answer?.seq).sort((a, b) => a - b)).to.deep.equal(numbers);
    await receiver.inbox.next('message', { seq: SENDS - 1 });
    expect(receiver.inbox.all('message').map(({ seq }) => seq)).to.deep.equal(numbers);
    const { messages } = await bob.rest.ask('list_messages', { conversation_id, limit: 200 });
    expect(messages.map(({ content }: { content: string }) => content)).to.have.members(
      contents.filter((content) => content !== POISON),
    );
  });

  it('because its sender is no participant, all others are accepted', async () => {
    const [eve] = await app.people('eve');
    const client = await eve.raw();
    const [intruding, answers] = await Promise.all([
      client.ask('message', { conversation_id, content: 'let me in' }),
      sendAtOnce(Array.from({ length: SENDS }, (_, index) => `message ${index}`)),
    ]);
    expect(intruding.error.code).to.equal('not_participant');
    expect(answers.map((answer) => answer?.ok)).to.deep.equal(Array.from({ length: SENDS }, () => true));
    const { conversations } = await bob.rest.ask('list_conversations');
    expect(conversations[0]).to.include({ conversation_id, unread_count: SENDS, last_seq: SENDS });
  });

  it('permanently by the database, the unread count does not include it', async () => {
    await sendAtOnce([POISON, 'one', POISON, 'two', POISON]);
    const { conversations } = await bob.rest.ask('list_conversations');
    expect(conversations[0]).to.include({ conversation_id, unread_count: 2, last_seq: 2 });
  });
});
