import type { Avatar } from '../../accounts/avatars.ts';
import { type MemberState, type ReadEvent, readStateOf } from './read-state.ts';
import { splitText } from './split-text.ts';
import type { Staging } from './staging.ts';

/** The rows of the new database, as they follow from the staged ones. Each generator always returns the same rows. */

export type StoredAccount = {
  id: number;
  username: string;
  usernameKey: string;
  email: string;
  emailKey: string;
  hash: string;
  picture: string;
  seen: number;
  created: number;
};
export type StoredConversation = {
  id: number;
  isGroup: number;
  name: string | null;
  privateKey: string | null;
  lastSeq: number;
  messages: number;
  activityAt: number;
  created: number;
};
export type StoredMessage = {
  id: number;
  conversationId: number;
  senderId: number;
  seq: number;
  content: string;
  createdAt: number;
  editedAt: number | null;
  deletedAt: number | null;
  event: string | null;
};
export type StoredMember = MemberState & {
  conversationId: number;
  userId: number;
  isAdmin: number;
  joined: number;
  activityAt: number;
};

export const accountPages = (staging: Staging) =>
  staging.pages<StoredAccount>(`select id, username, username_key as usernameKey, email, email_key as emailKey, hash, picture,
    seen, created from accounts order by id`);

export const keptPictures = (staging: Staging) =>
  staging.iterate<{ id: number; url: string } & Avatar>(
    'select id, url, type as contentType, content from pictures order by id',
  );

export const conversationPages = (staging: Staging) =>
  staging.pages<StoredConversation>(`
    select c.id, c.is_group as isGroup, case when c.is_group then c.name end as name, c.private_key as privateKey,
      t.last_seq as lastSeq, t.messages, t.last_at as activityAt, cast(c.created as integer) as created
    from conversations c join totals t on t.conversation_id = c.id order by c.id`);

type Placed = Omit<StoredMessage, 'content' | 'deletedAt' | 'event' | 'id'> & {
  id: number | null;
  content: string | null;
  isDeleted: number | null;
  notice: string | null;
};

/** In order of conversation and number. */
export function* messages(staging: Staging): Generator<StoredMessage> {
  let newId = (staging.highestIds.get('messages') ?? 0) + 1;
  const placed = staging.iterate<Placed>(`
    select p.message_id as id, p.conversation_id as conversationId, p.sender_id as senderId, p.seq, m.content,
      p.at as createdAt, cast(case when m.edited < 0 then p.at else m.edited end as integer) as editedAt,
      m.is_deleted as isDeleted, case when p.message_id is null then c.notice end as notice
    from placed p left join source_messages m on m.id = p.message_id
      left join conversations c on c.id = p.conversation_id and p.message_id is null
    order by p.conversation_id, p.seq`);
  for (const { id, content, isDeleted, notice, ...row } of placed) {
    const texts = notice === null ? splitText(content ?? '') : [`The group’s full name: ${notice}`];
    for (const [index, text] of texts.entries()) {
      const isFirst = index === 0 && id !== null;
      const deletedAt = isDeleted === 1 ? (row.editedAt ?? row.createdAt) : null;
      const event = notice === null ? null : 'renamed';
      yield { ...row, id: isFirst ? id : newId, seq: row.seq + index, content: text, deletedAt, event };
      if (!isFirst) newId += 1;
    }
  }
}

type Member = Omit<StoredMember, keyof MemberState> & {
  isGroup: number;
  lastSeq: number;
  messages: number;
  lives: number;
};
type MemberEvent = ReadEvent & { conversationId: number; userId: number };

/** In order of conversation and user. */
export function* members(staging: Staging): Generator<StoredMember> {
  const events = new Grouped(
    staging.iterate<MemberEvent>(`
      select p.conversation_id as conversationId, e.user_id as userId, p.lives, p.seq, p.parts, max(e.kind) as kind
      from (
        select message_id, user_id, kind from source_status where kind > 0
        union all select message_id, sender_id, 3 from placed where is_live
      ) e join placed p on p.message_id = e.message_id and p.is_live
        join members m on m.conversation_id = p.conversation_id and m.user_id = e.user_id
      group by p.conversation_id, e.user_id, p.lives order by p.conversation_id, e.user_id, p.lives`),
  );
  const all = staging.iterate<Member>(`
    select m.conversation_id as conversationId, m.user_id as userId, m.is_admin as isAdmin, m.joined,
      c.is_group as isGroup, t.last_seq as lastSeq, t.messages, t.lives, t.last_at as activityAt
    from members m join totals t on t.conversation_id = m.conversation_id join conversations c on c.id = m.conversation_id
    order by m.conversation_id, m.user_id`);
  for (const { isGroup, lastSeq, messages: count, lives, ...member } of all) {
    const { conversationId, userId, joined } = member;
    const joinedAfter = isGroup ? livesBefore(staging, conversationId, joined) : 0;
    const seqOf = (life: number) => seqOfLife(staging, conversationId, life);
    const totals = { lastSeq, messages: count, lives };
    yield { ...member, ...readStateOf(events.of(conversationId, userId), totals, joinedAfter, seqOf) };
  }
}

/** How many messages that were not deleted are older than a time. In private conversations nobody joins later. */
const livesBefore = (staging: Staging, conversationId: number, at: number): number =>
  staging.get<{ lives: number }>(
    'select lives from placed where conversation_id = ? and at < ? order by at desc, seq desc limit 1',
    conversationId,
    at,
  )?.lives ?? 0;

function seqOfLife(staging: Staging, conversationId: number, life: number): number {
  const found = staging.get<{ seq: number }>(
    `select seq + parts - 1 - lives as seq from placed
    where conversation_id = ? and is_live and lives >= ? order by lives limit 1`,
    conversationId,
    life,
  );
  if (found === undefined) throw new Error(`conversation ${conversationId} has no message ${life}`);
  return found.seq + life;
}

/** Rows in order of conversation and user, taken group by group. */
class Grouped<Row extends { conversationId: number; userId: number }> {
  readonly #rows: Iterator<Row>;
  #next: Row | undefined;

  constructor(rows: Iterator<Row>) {
    this.#rows = rows;
    this.#advance();
  }

  /** The rows of this group, which has to come after the last one. */
  *of(conversationId: number, userId: number): Generator<Row> {
    for (let row = this.#next; row?.conversationId === conversationId && row.userId === userId; row = this.#next) {
      this.#advance();
      yield row;
    }
  }

  #advance(): void {
    const { done, value } = this.#rows.next();
    this.#next = done === true ? undefined : value;
  }
}
