import { expect } from 'chai';
import { sql } from 'kysely';
import { openToFill } from '../../bench/servers/fill-database.ts';
import { readConfig } from '../../src/config/config.ts';
import type { MessageRow } from '../../src/protocol.ts';
import { accepted, groupOf, refused, summaryFor } from '../contract/fixture.ts';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { costOf } from '../support/cost.ts';
import type { Person } from '../support/people.ts';

/** The server’s limit of ranges per participant. */
const MOST_RANGES = 10_000;
/** Enough messages for as many ranges, and some more. */
const MESSAGES = 2 * MOST_RANGES + 10;
const AT_ONCE = 1_000;
const PAGE = 200;

onEachDatabase('Members who read every other message', (kind) => {
  let app: TestApp;
  let [ann, ben, cid]: Person[] = [];
  let conversation_id: number;
  /** The ids of the messages, oldest first. */
  let ids: number[];
  const [read, skipped] = [2, 3];

  before(async function () {
    this.timeout(120_000);
    app = await startApp(kind);
    [ann, ben, cid] = await app.people('ann', 'ben', 'cid');
    if (!ann || !ben || !cid) throw new Error('need three people');
    conversation_id = await groupOf(ann, ben, cid);
    ids = await fill(app, conversation_id, ann.id);
    await marks(ben, every(read));
    await marks(cid, every(skipped));
  });
  after(() => app.stop());

  /** Every nth message, by its place from 1 on. */
  const every = (step: number) => ids.filter((_, index) => (index + 1) % step === 0).slice(0, MOST_RANGES);

  async function marks(who: Person, named: readonly number[]): Promise<void> {
    for (let start = 0; start < named.length; start += AT_ONCE)
      accepted(await who.rest.ask('read_receipt', { message_ids: named.slice(start, start + AT_ONCE) }));
  }

  const list = async (who: Person | undefined, page: object): Promise<MessageRow[]> =>
    accepted(await (who as Person).rest.ask('list_messages', { conversation_id, ...page })).messages;

  it('make a page cost as much as its messages, regardless of what they have read', async () => {
    for (const who of [ann, ben, cid]) {
      const cost = (limit: number) => costOf(() => list(who, { limit, offset: 20 }));
      expect((await cost(1)).rows).to.be.below(20);
      expect((await cost(PAGE)).rows).to.be.below(4 * PAGE);
    }
  });

  it('make a sync cost and return only the newest changes', async () => {
    for (const who of [ann, ben, cid] as Person[]) {
      const conversations = { [conversation_id]: MESSAGES - 1 };
      let synced: Record<'read' | 'others_read', unknown[]> = { read: [], others_read: [] };
      const { rows } = await costOf(async () => {
        synced = accepted(await who.rest.ask('sync', { conversations })).conversations[conversation_id];
      });
      expect(rows).to.be.below(1_500);
      expect(synced.read.length + synced.others_read.length).to.be.within(2, 700);
    }
  });

  it('have exact states and counts', async function () {
    this.timeout(120_000);
    const [own, foreign] = [await list(ann, { limit: PAGE, offset: 30 }), await list(ben, { limit: PAGE, offset: 30 })];
    for (const [index, { id, status }] of own.entries()) {
      const place = ids.indexOf(id) + 1;
      expect(status, `own message ${place}`).to.equal(place % (read * skipped) === 0 ? 'read' : 'delivered');
      expect(foreign[index]?.status, `message ${place}`).to.equal(place % read === 0 ? 'read' : 'delivered');
    }
    expect(await summaryFor(ben as Person, conversation_id)).to.include({ unread_count: MESSAGES - MOST_RANGES });
    expect(await summaryFor(cid as Person, conversation_id)).to.include({
      unread_count: MESSAGES - every(skipped).length,
    });
  });

  it('are refused at ten thousand ranges, and can continue after reading between them', async () => {
    const unread = async () => (await summaryFor(ben as Person, conversation_id)).unread_count;
    const ask = (message_ids: (number | undefined)[]) => (ben as Person).rest.ask('read_receipt', { message_ids });
    const before = await unread();
    const last = ids.at(-1);
    refused(await ask([last, ids.at(-3)]), 409, 'too_many_gaps');
    refused(await ask([last]), 409, 'too_many_gaps');
    expect(await unread()).to.equal(before);
    accepted(await ask([ids[2], ids[4], last]));
    expect(await unread()).to.equal(before - 3);
  });
});

/** Inserts many messages at once. */
async function fill({ env }: TestApp, conversationId: number, senderId: number): Promise<number[]> {
  const database = await openToFill(readConfig(env).database);
  const db = database.sql;
  await sql`
    insert into messages (conversation_id, sender_id, seq, changed_seq, content, created_at)
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${sql.lit(MESSAGES)})
    select ${sql.lit(conversationId)}, ${sql.lit(senderId)}, n, n, 'message', ${sql.lit(Date.now())} from numbers`.execute(
    db,
  );
  await sql`
    update conversations set last_seq = ${MESSAGES}, message_count = ${MESSAGES},
      last_message_id = (select max(id) from messages where conversation_id = ${conversationId})
    where id = ${conversationId}`.execute(db);
  await sql`
    update participants set settled = ${MESSAGES} where conversation_id = ${conversationId} and user_id = ${senderId}`.execute(
    db,
  );
  await sql`update participants set delivered_seq = ${MESSAGES} where conversation_id = ${conversationId}`.execute(db);
  const { rows } = await sql<{ id: number }>`
    select id from messages where conversation_id = ${conversationId} order by seq`.execute(db);
  await database.close();
  return rows.map(({ id }) => id);
}
