import type { Cluster } from './cluster.ts';
import type { Follower } from './follower.ts';
import type { Change, Ledger } from './ledger.ts';

type Kept = {
  id: number;
  conversationId: number;
  seq: number;
  changed: number;
  content: string;
  clientId: string;
  deleted: boolean;
  event: string;
  subjectId: number;
};

/** Compares, message by message, what was acknowledged, what the database holds and what each client shows. */
export async function compare(cluster: Cluster, ledger: Ledger, followers: readonly Follower[]) {
  const kept = await keptIn(cluster);
  const differences = [
    ...sendsAgainst(kept, ledger),
    ...changesAgainst(kept, ledger),
    ...membershipsAgainst(kept, ledger),
    ...(await readsAgainst(cluster, ledger)),
    ...(await viewsAgainst(cluster, kept, followers)),
    ...(await cluster.query(MISCOUNTED)).map(([id, user]) => `unread of ${user} in ${id} is not its recount`),
  ];
  const sum = (name: keyof Follower['counts']) => followers.reduce((total, { counts }) => total + counts[name], 0);
  const counts = {
    ackedSends: ledger.sends.length,
    refusedSends: ledger.refused.size,
    ackedChanges: ledger.changes.length,
    ackedReads: ledger.reads.length,
    ackedMemberships: ledger.memberships.length,
    keptMessages: kept.length,
    shownMessages: followers
      .flatMap(({ views }) => [...views.values()])
      .reduce((total, { messages }) => total + messages.size, 0),
    connects: sum('connects'),
    syncs: sum('syncs'),
    gaps: sum('gaps'),
    prompts: sum('prompts'),
    differences: differences.length,
  };
  return { counts, differences };
}

async function keptIn({ query }: Cluster): Promise<Kept[]> {
  const rows = await query(`select id, conversation_id, seq, changed_seq, coalesce(client_message_id, ''),
    deleted_at is not null, coalesce(event, ''), coalesce(subject_id, 0), content from messages order by conversation_id, seq`);
  return rows.map(([id, conversation, seq, changed, clientId = '', deleted, event = '', subject, content = '']) => ({
    ...{ id: Number(id), conversationId: Number(conversation), seq: Number(seq), changed: Number(changed) },
    ...{ clientId, deleted: deleted === 't', event, subjectId: Number(subject), content },
  }));
}

function sendsAgainst(kept: readonly Kept[], { sends, refused, attempted }: Ledger): string[] {
  const messages = kept.filter(({ event }) => event === '');
  const byClientId = Map.groupBy(messages, ({ clientId }) => clientId);
  const lost = sends.flatMap(({ clientId, messageId, seq, conversationId }) => {
    const found = byClientId.get(clientId) ?? [];
    const [row] = found;
    if (found.length !== 1) return [`acked ${clientId} is kept ${found.length} times`];
    const same = row?.id === messageId && row.seq === seq && row.conversationId === conversationId;
    return same ? [] : [`acked ${clientId} as ${messageId}/${seq}, kept as ${row?.id}/${row?.seq}`];
  });
  const unasked = messages.filter(({ clientId }) => !attempted.has(clientId)).map(({ id }) => `${id} was never sent`);
  const unwanted = [...refused].filter((clientId) => byClientId.has(clientId)).map((each) => `refused ${each} is kept`);
  const known = new Set(sends.map(({ clientId }) => clientId));
  const settled = messages.filter(({ clientId }) => attempted.has(clientId) && !known.has(clientId));
  return [...lost, ...unasked, ...unwanted, ...settled.map(({ clientId }) => `kept ${clientId} was never acked`)];
}

/** The newest acknowledged change is stored, unless a later one has an unknown result. */
function changesAgainst(kept: readonly Kept[], { sends, changes, edits }: Ledger): string[] {
  const rows = new Map(kept.map((row) => [row.id, row]));
  const newest = new Map<number, Change>();
  for (const { messageId, seq, content } of [...sends, ...changes])
    if (seq >= (newest.get(messageId)?.seq ?? 0)) newest.set(messageId, { messageId, seq, content });
  return [...newest.values()].flatMap(({ messageId, seq, content }) => {
    const row = rows.get(messageId);
    if (row === undefined) return []; // reported by the check of sends
    if (row.changed === seq && row.content === content) return [];
    const unknown = row.changed > seq && (row.deleted || edits.get(messageId)?.has(row.content) === true);
    return unknown ? [] : [`${messageId} was changed at ${seq} to "${content}", kept: ${row.changed} "${row.content}"`];
  });
}

function membershipsAgainst(kept: readonly Kept[], { memberships }: Ledger): string[] {
  const rows = new Map(kept.map((row) => [`${row.conversationId}:${row.seq}`, row]));
  return memberships.flatMap(({ conversationId, seq, event, userId }) => {
    const row = rows.get(`${conversationId}:${seq}`);
    return row?.event === event && row.subjectId === userId ? [] : [`${event} of ${userId} at ${seq} is not kept`];
  });
}

/** What was acknowledged as read is stored as read, for current members; being added again makes everything read. */
async function readsAgainst({ query }: Cluster, { reads }: Ledger): Promise<string[]> {
  if (reads.length === 0) return [];
  const pairs = reads.map(({ userId, messageId }) => `(${userId}, ${messageId})`);
  const unread = await query(`select r.u, r.m from (values ${pairs}) as r(u, m) join messages m on m.id = r.m
    join participants p on p.conversation_id = m.conversation_id and p.user_id = r.u
    where m.sender_id <> r.u and m.seq > p.read_seq and not exists (select 1 from read_ranges g where
      g.conversation_id = m.conversation_id and g.user_id = r.u and m.seq between g.from_seq and g.to_seq)`);
  return unread.map(([user, message]) => `${message} was acked as read by ${user} and is not`);
}

/** Where the stored counters differ from counting: \`settled\` is what is read, own or from before the joining. */
const MISCOUNTED = `select c.id, p.user_id from conversations c join participants p on p.conversation_id = c.id
  where c.message_count <> (select count(*) from messages m where m.conversation_id = c.id and m.event is null)`;

async function viewsAgainst(
  { query }: Cluster,
  kept: readonly Kept[],
  followers: readonly Follower[],
): Promise<string[]> {
  const rows = await query('select user_id, conversation_id from participants');
  const perConversation = Map.groupBy(kept, ({ conversationId }) => conversationId);
  return followers.flatMap(({ who, views, loggedOut }) => {
    const mine = new Set(rows.filter(([user]) => Number(user) === who.id).map(([, id]) => Number(id)));
    const extra = [...views.keys()].filter((id) => !mine.has(id)).map((id) => `${who.username} still shows ${id}`);
    const wrong = [...mine].flatMap((id) => {
      const view = views.get(id);
      if (view === undefined) return [`${who.username} does not show ${id}`];
      const all = perConversation.get(id) ?? [];
      // after a reset older messages are not shown, except those that changed since, which sync returns
      const missing = all.filter((row) => {
        const shown = view.messages.get(row.id);
        if (shown === undefined && row.seq < view.from) return false;
        return shown?.content !== row.content || shown.seq !== row.seq || shown.deleted !== row.deleted;
      });
      const ids = new Set(all.map((row) => row.id));
      const unkept = [...view.messages.keys()].filter((shown) => !ids.has(shown));
      return [
        ...missing.map(
          (row) =>
            `${who.username} does not show ${row.id} of ${id} (seq ${row.seq}, changed ${row.changed}) as it is kept; is at ${view.seq}`,
        ),
        ...unkept.map((shown) => `${who.username} shows ${shown} of ${id} (from ${view.from}), which is not kept`),
      ];
    });
    return [...extra, ...wrong, ...(loggedOut ? [`${who.username} was logged out`] : [])];
  });
}
