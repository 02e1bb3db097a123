import { join } from 'node:path';
import type { MessageRow } from '../src/protocol.ts';
import { chat, type Talk } from './demo/chat.ts';
import { live, type Participant, polling } from './demo/participants.ts';
import { differences, lineOf, type Seen, seenRow, type View } from './demo/views.ts';
import { People } from './support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder, startProcess } from './support/processes.ts';
import { startSmtp } from './support/smtp.ts';

const MAIN = join(import.meta.dirname, '../src/main.ts');

/** Three users chat over three transports on a real server. Returns the differences between their views. */
async function demo(): Promise<string[]> {
  await using stage = new AsyncDisposableStack(); // stops in reverse order, however this ends
  const folder = stage.adopt(makeTemporaryFolder('demo'), removeTemporaryFolder);
  const smtp = stage.adopt(await startSmtp(), (mail) => mail.stop());
  const server = stage.adopt(await startServer(folder, smtp.url), (each) => each.stop());
  const url = /listens on (\S+)/.exec(server.output())?.[1] ?? '';
  console.log(`A server with an empty database listens on ${url}; a mail server takes its letters.\n`);

  const people = stage.adopt(new People(url, smtp), (all) => all.closeClients());
  const [alice, bob, carol] = [await people.signUp('alice'), await people.signUp('bob'), await people.signUp('carol')];
  const participants = [
    live(alice, await alice.socketio(), 'Socket.IO'),
    live(bob, await bob.raw(), 'plain WebSocket'),
    polling(carol),
  ] as const;
  const talks = await chat(...participants);
  const views = participants.map((participant) => participant.view(talks));
  for (const view of views) print(view, talks);
  const histories = await Promise.all(participants.map(historyOf));
  const found = differences(views.map((view, index) => [view, histories[index] as View])); // of equal length
  if (found.length === 0) console.log(`All three saw the same, and the history agrees: ${countOf(histories)}.`);
  return found;
}

/** In a separate process, in a folder without a `.env` and with none of the server's variables. */
function startServer(folder: string, smtpUrl: string) {
  const env = {
    PATH: process.env.PATH,
    HTTP_ADDR: '127.0.0.1:0',
    DATABASE_URL: `sqlite:${join(folder, 'mmchat.sqlite')}`,
    SMTP_URL: smtpUrl,
    LOG_LEVEL: 'warn',
  };
  return startProcess(process.execPath, [MAIN], { ready: /listens on \S+\n/, cwd: folder, env });
}

/** The stored state, as the server returns it to one of them. */
async function historyOf({ rest, username }: Participant): Promise<View> {
  const { conversations: listed } = await rest.ask('list_conversations');
  const conversations = new Map<number, Seen[]>();
  for (const { conversation_id } of listed) {
    const { messages } = await rest.ask('list_messages', { conversation_id });
    const rows: MessageRow[] = messages.reverse(); // returned newest first
    conversations.set(
      conversation_id,
      rows.map((row) => seenRow(row)),
    );
  }
  return { who: username, over: 'history', conversations };
}

function print({ who, over, conversations }: View, talks: readonly Talk[]): void {
  console.log(`What ${who} saw over ${over}:`);
  for (const { conversation_id, title } of talks) {
    const messages = conversations.get(conversation_id);
    if (messages !== undefined) console.log(`  conversation ${conversation_id}, ${title}`);
    for (const seen of messages ?? []) console.log(`    ${String(seen.seq).padStart(2)}  ${lineOf(seen)}`);
  }
  console.log('');
}

function countOf(histories: readonly View[]): string {
  const all = new Map(histories.flatMap(({ conversations }) => [...conversations]));
  const messages = [...all.values()].reduce((sum, each) => sum + each.length, 0);
  return `${messages} messages in ${all.size} conversations`;
}

try {
  const found = await demo();
  for (const difference of found) console.error(`The demo failed: ${difference}`);
  if (found.length > 0) process.exitCode = 1;
} catch (error) {
  console.error(`The demo failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
