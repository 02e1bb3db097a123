import { expect } from 'chai';
import { sql } from 'kysely';
import { readConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { until } from '../cluster/until.ts';
import { startApp, type TestApp } from '../support/app.ts';
import type { Client } from '../support/clients.ts';
import type { Answer } from '../support/inbox.ts';
import type { Person } from '../support/people.ts';
import { requirePostgresql } from '../support/services.ts';

/** A batch that waits for a lock is split after 2 s. */
const SPLIT_WITHIN_MS = 4_000;
/** From then on no other change waits. */
const OTHERS_WAIT_MS = 1_500;
const REFUSED_WITHIN_MS = 8_500;

describe('A row that another program has locked', function () {
  this.timeout(120_000);
  let app: TestApp;
  let other: Database;
  let query: (text: string) => Promise<string>;
  let alice: Person;
  let bob: Person;
  let carol: Person;
  before(async function () {
    const postgresql = await requirePostgresql(this);
    app = await startApp('postgresql');
    const { database } = readConfig(app.env);
    other = await openDatabase(database);
    query = (text) => postgresql.query(app.env.DATABASE_URL ?? '', text);
    [alice, bob, carol] = await app.people('alice', 'bob', 'carol');
  });
  after(async () => {
    await other?.close();
    await app?.stop();
  });

  /** Locks the selected rows until they are released. */
  async function hold(select: string) {
    const { promise: letGo, resolve: free } = Promise.withResolvers<void>();
    const { promise: held, resolve: holds } = Promise.withResolvers<void>();
    const holding = other.transaction(async ({ sql: db }) => {
      await sql.raw(select).execute(db);
      holds();
      await letGo;
    });
    await held;
    return async () => {
      free();
      await holding;
    };
  }
  const conversation = (id: number) => `select 1 from conversations where id = ${id} for update`;

  async function group(...members: Person[]): Promise<number> {
    const [first, ...others] = members as [Person, ...Person[]];
    const { conversation_id } = await first.rest.ask('create_group', {
      name: 'a group',
      member_ids: others.map(({ id }) => id),
    });
    return conversation_id as number;
  }
  const send = (client: Client, conversation_id: number, content: string) =>
    client.ask('message', { conversation_id, content });
  async function within(ms: number, answers: readonly Promise<Answer>[]): Promise<Answer[]> {
    const began = performance.now();
    const given = await Promise.all(answers);
    expect(performance.now() - began).to.be.below(ms);
    return given;
  }
  /** Records the order of the answers. */
  function noting() {
    const order: string[] = [];
    const note = async (name: string, answer: Promise<Answer>) => {
      const given = await answer;
      order.push(name);
      return given;
    };
    return { order, note };
  }

  for (const [what, select] of Object.entries({
    'a conversation': conversation,
    'a participant': (id: number) => `select 1 from participants where conversation_id = ${id} for update`,
  })) {
    it(`which is ${what}, delays the changes that need it, in their order, and no others`, async () => {
      const [held, free, third] = [await group(alice, bob), await group(alice, bob, carol), await group(bob, carol)];
      const [one, two, three] = [await alice.socketio(), await bob.raw(), await carol.raw()];
      const receiver = await bob.socketio();
      const { order, note } = noting();
      const letGo = await hold(select(held));
      // on the same connection: those after the delayed one wait for it
      const waiting = [
        note('held 1', send(one, held, 'held 1')),
        note('behind', send(one, free, 'behind')),
        note('held 2', send(one, held, 'held 2')),
        note('held 3', send(two, held, 'held 3')),
      ];
      for (let round = 0; round < 10; round += 1) {
        const answers = [send(three, third, `third ${round}`), send(three, free, `free ${round}`)];
        for (const answer of await within(round === 0 ? SPLIT_WITHIN_MS : OTHERS_WAIT_MS, answers))
          expect(answer).to.include({ ok: true });
        expect(order, 'need them to wait').to.deep.equal([]);
      }
      await letGo();
      for (const answer of await Promise.all(waiting)) expect(answer).to.include({ ok: true });
      expect(order.filter((name) => name !== 'held 3')).to.deep.equal(['held 1', 'behind', 'held 2']);
      await receiver.inbox.next('message', { content: 'held 3' });
      const received = receiver.inbox.all('message').filter(({ conversation_id }) => conversation_id === held);
      expect(received.map(({ seq }) => seq)).to.deep.equal(
        [...received.map(({ seq }) => seq as number)].sort((a, b) => a - b),
      );
    });
  }

  it('does not change the order of edits of one connection', async () => {
    const held = await group(alice, bob);
    const client = await alice.raw();
    const { message_id } = await send(client, held, 'first');
    const letGo = await hold(conversation(held));
    const edits = [1, 2, 3, 4, 5].map((n) => client.ask('edit_message', { message_id, content: `edit ${n}` }));
    const later = [6, 7].map((n) => client.ask('edit_message', { message_id, content: `edit ${n}` }));
    await send(await bob.raw(), await group(bob, carol), 'others go on');
    const last = client.ask('edit_message', { message_id, content: 'the last' });
    await letGo();
    const answers = await Promise.all([...edits, ...later, last]);
    expect(answers.map(({ ok }) => ok)).to.deep.equal(answers.map(() => true));
    expect(await query(`select content from messages where id = ${message_id}`)).to.equal('the last');
  });

  it('for too long lets the changes that need it be refused as busy, and later ones on their connections continue', async () => {
    const [held, free] = [await group(alice, bob), await group(alice, carol)];
    const client = await alice.socketio();
    const holding = query(`begin; ${conversation(held)}; select pg_sleep(11); rollback`);
    const sleeping = `select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
    await until('it is held', async () => (await query(sleeping)) === '1', 10_000);
    const [busy, behind] = await within(REFUSED_WITHIN_MS, [send(client, held, 'held'), send(client, free, 'behind')]);
    expect(busy?.ok).to.equal(false);
    expect(busy?.error).to.include({ code: 'busy' });
    expect(busy?.error.retry_after).to.be.above(0);
    expect(behind).to.include({ ok: true });
    const again = send(client, held, 'again');
    const others = send(await bob.raw(), await group(bob, carol), 'others');
    expect((await within(OTHERS_WAIT_MS, [others]))[0]).to.include({ ok: true });
    await holding;
    expect(await again).to.include({ ok: true });
    expect(await query(`select content from messages where conversation_id = ${held} and event is null`)).to.equal(
      'again',
    );
  });

  it('does not delay other changes if it is the row of a user, or any other row', async () => {
    const held = await hold(`select 1 from users where id = ${alice.id} for update`);
    const renamed = (await alice.raw()).ask('update_me', { profile_picture: 'https://example.com/alice.png' });
    const id = await group(bob, carol);
    const client = await bob.raw();
    for (let round = 0; round < 5; round += 1) {
      const most = round === 0 ? SPLIT_WITHIN_MS : OTHERS_WAIT_MS;
      const [answer] = await within(most, [send(client, id, `round ${round}`)]);
      expect(answer).to.include({ ok: true });
    }
    await held();
    expect(await renamed).to.include({ ok: true });
  });
});
