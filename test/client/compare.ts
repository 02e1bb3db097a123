import type { ConversationSummary, MessageRow } from '../../packages/client/src/client.ts';
import type { Person } from '../support/people.ts';
import type { Device } from './device.ts';

const PAGE = 200;
const SUMMARY_FIELDS = ['is_group', 'name', 'last_message', 'last_seq', 'unread_count'] as const;

/** Compares, message by message, what the database stores with what each device shows. */
export async function compare(devices: readonly Device[], groups: readonly number[], insider: Person) {
  const stored = new Map<number, MessageRow[]>();
  for (const id of groups) stored.set(id, await history(insider, id));
  const views = await Promise.all(devices.map((device) => compareView(device)));
  const differences = [
    ...devices.flatMap(({ violations }) => violations),
    ...devices.flatMap((device) => compareSends(device, stored)),
    ...duplicates(stored),
    ...views.flatMap((view) => view.differences),
  ];
  const counts = {
    storedMessages: [...stored.values()].flat().length,
    shownMessages: views.reduce((sum, { shown }) => sum + shown, 0),
    ackedSends: devices.reduce((sum, { acked }) => sum + acked.size, 0),
    failedSends: views.reduce((sum, { failed }) => sum + failed, 0),
    differences: differences.length,
  };
  return { counts, differences };
}

/** All of a conversation's messages, oldest first. */
async function history(person: Person, conversation_id: number): Promise<MessageRow[]> {
  const rows: MessageRow[] = [];
  for (;;) {
    const before = rows.at(-1)?.id;
    const input = { conversation_id, limit: PAGE, ...(before !== undefined && { before }) };
    const { ok, messages, error } = await person.rest.ask('list_messages', input);
    if (!ok) throw new Error(`list_messages: ${JSON.stringify(error)}`);
    rows.push(...messages);
    if (messages.length < PAGE) return rows.reverse();
  }
}

/** Every content is written once, so a content that is stored twice was sent twice. */
const duplicates = (stored: ReadonlyMap<number, readonly MessageRow[]>) =>
  [...stored].flatMap(([id, rows]) => {
    const messages = rows.filter(({ type, deleted }) => type === 'message' && !deleted);
    const same = [...Map.groupBy(messages, ({ content }) => content)].filter(([, all]) => all.length > 1);
    return same.map(([content, all]) => `"${content}" is stored ${all.length} times in ${id}`);
  });

/** Everything sent is stored once, in the order of sending, or shown as failed; everything acknowledged is stored. */
function compareSends(device: Device, stored: ReadonlyMap<number, readonly MessageRow[]>): string[] {
  const ids = new Set([...stored.values()].flat().map(({ id }) => id));
  const lost = [...device.acked].filter(([, id]) => !ids.has(id)).map(([client]) => `acked ${client} is not stored`);
  const unsent = [...device.sent].flatMap(([id, contents]) => {
    const { messages } = device.store(id).get();
    const pending = messages.filter(({ state }) => state === 'pending').map(({ content }) => content);
    if (pending.length > 0) return [`${device.name} still has to send ${pending.length} in ${id}`];
    const own = (stored.get(id) ?? []).filter((row) => row.sender_id === device.user.id && row.type === 'message');
    // the original content of an edited or deleted message is unknown
    const seqOf = new Map(own.map((row) => [row.content, row.seq]));
    const seqs = contents.flatMap((content) => seqOf.get(content) ?? []);
    const isOutOfOrder = seqs.some((seq, index) => seq < (seqs[index - 1] ?? 0));
    const changed = own.filter(({ edited, deleted }) => edited || deleted).length;
    const failed = messages.filter(({ state }) => state === 'failed').length;
    const missing = contents.length - seqs.length;
    return [
      ...(isOutOfOrder ? [`${device.name}'s sends in ${id} are stored out of order`] : []),
      ...(missing > changed + failed ? [`${missing} of ${device.name}'s sends in ${id} are missing`] : []),
    ];
  });
  return [...lost, ...unsent];
}

async function compareView(device: Device) {
  const { conversations } = await device.user.rest.ask('list_conversations');
  const listed = conversations as ConversationSummary[];
  const shown = device.chat.conversations.get();
  const differences: string[] = [];
  if (shown.map(idOf).join() !== listed.map(idOf).join())
    differences.push(`${device.name} lists ${shown.map(idOf)}, the database ${listed.map(idOf)}`);
  let [messages, failed] = [0, 0];
  for (const summary of listed) {
    const own = shown.find((each) => idOf(each) === idOf(summary));
    for (const field of SUMMARY_FIELDS) {
      const [mine, expected] = [own?.[field], summary[field]].map((each) => JSON.stringify(each));
      if (mine !== expected)
        differences.push(`${device.name}: ${field} of ${idOf(summary)} is ${mine}, stored: ${expected}`);
    }
    if (!device.openIds.includes(idOf(summary))) continue;
    const view = await compareMessages(device, idOf(summary));
    differences.push(...view.differences);
    messages += view.shown;
    failed += view.failed;
  }
  return { differences, shown: messages, failed };
}

const idOf = ({ conversation_id }: ConversationSummary) => conversation_id;

async function compareMessages(device: Device, id: number) {
  const snapshot = device.store(id).get();
  const sent = snapshot.messages.filter((message) => message.id !== undefined);
  const failed = snapshot.messages.filter(({ state }) => state === 'failed').length;
  const rows = await history(device.user, id);
  const from = snapshot.hasOlder ? (sent[0]?.seq ?? Number.POSITIVE_INFINITY) : 0;
  const expected = rows
    .filter(({ seq }) => seq >= from)
    .map((row) =>
      JSON.stringify([row.id, row.seq, row.sender_id, row.content, row.edited_at, row.deleted, row.type, row.status]),
    );
  const shown = sent.map((each) =>
    JSON.stringify([
      each.id,
      each.seq,
      each.senderId,
      each.content,
      each.editedAt,
      each.deleted,
      each.kind,
      each.state,
    ]),
  );
  const differences = [
    ...expected.filter((row) => !shown.includes(row)).map((row) => `${device.name} does not show ${row} of ${id}`),
    ...shown
      .filter((row) => !expected.includes(row))
      .map((row) => `${device.name} shows ${row} of ${id}, which is not stored`),
    ...(snapshot.loading ? [`${device.name} is still loading ${id}`] : []),
    ...(snapshot.gone ? [`${device.name} shows ${id} as gone`] : []),
    ...(rows.length > 0 && shown.length === 0 ? [`${device.name} shows nothing of ${id}`] : []),
  ];
  return { differences, shown: shown.length, failed };
}
