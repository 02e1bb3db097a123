import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { groupOf, privateOf, send } from '../contract/fixture.ts';
import type { TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';

const run = promisify(execFile);

/** Users, conversations and messages for the ids in the examples, and the examples with the real ids. */
export type Stage = {
  readonly everybody: readonly Person[];
  readonly alice: Person;
  readonly bob: Person;
  readonly group: number;
  /** An example with the real ids, address and names. */
  filled(text: string): string;
};

let stages = 0;

export async function stageOn(app: TestApp): Promise<Stage> {
  const [alice, bob, carol, dave] = await app.people('alice', 'bob', 'carol', 'dave');
  const conversation = await privateOf(alice, bob);
  const group = await groupOf(alice, bob, carol);
  const messages: number[] = [];
  for (const by of [bob, bob, alice]) messages.push((await send(by, conversation)).message_id);
  stages += 1;
  const renamed = `alice_new${stages}`;
  const real = new Map(
    Object.entries({ 42: alice.id, 43: bob.id, 44: carol.id, 45: dave.id, 100: conversation, 101: group }).concat(
      [5001, 5002, 5003].map((shown, index) => [String(shown), messages[index] ?? 0]),
    ),
  );
  const filled = (text: string) =>
    text.replace(/\b\d{2,4}\b/g, (id) => String(real.get(id) ?? id)).replaceAll('alice_new', renamed);
  return { everybody: [alice, bob, carol, dave], alice, bob, group, filled };
}

export type HttpAnswer = { status: number; headers: Map<string, string>; body: Record<string, unknown> };

/** Runs a command line unchanged in a shell, with the token in the documented variable. */
export async function runCurl(command: string, token: string): Promise<HttpAnswer> {
  const home = await mkdtemp(join(tmpdir(), 'mmchat-curl-'));
  try {
    await writeFile(join(home, '.curlrc'), 'silent\nshow-error\ninclude\nmax-time = 10\n');
    const env = { PATH: process.env.PATH, TOKEN: token, CURL_HOME: home };
    const { stdout } = await run('sh', ['-c', command], { env });
    const [head = '', body = ''] = stdout.split('\r\n\r\n');
    const [status = '', ...lines] = head.split('\r\n');
    const headers = lines.map((line): [string, string] => [line.slice(0, line.indexOf(':')).toLowerCase(), line]);
    return { status: Number(status.split(' ')[1]), headers: new Map(headers), body: JSON.parse(body) };
  } finally {
    await rm(home, { recursive: true });
  }
}

type Sockets = { chat: Socket; presence: Socket };
const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
  ...parts: string[]
) => (chat: Socket, presence: Socket) => Promise<Record<string, unknown>>;

/** Both namespaces, connected as the documents describe. */
export async function connectAs({ token }: Person, url: string): Promise<Sockets> {
  const options = { auth: { token, receipts: true }, transports: ['websocket'], forceNew: true, reconnection: false };
  const sockets = { chat: io(`${url}/chat`, options), presence: io(`${url}/presence`, options) };
  await Promise.all(
    Object.values(sockets).map((socket) => new Promise((resolve) => socket.once('connect', () => resolve(undefined)))),
  );
  return sockets;
}

/** Runs a line of JavaScript unchanged. */
export const runScript = (line: string, { chat, presence }: Sockets) =>
  new AsyncFunction('chat', 'presence', `return ${line}`)(chat, presence);

/** A plain WebSocket, opened with a ticket. */
export async function openRaw({ rest }: Person, url: string): Promise<WebSocket> {
  const { ticket } = await rest.ask('ws_ticket');
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/ws?ticket=${ticket}&receipts=1`);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}

/** Sends a frame unchanged and returns the answer. */
export function sendFrame(socket: WebSocket, frame: string): Promise<Record<string, unknown>> {
  const answer = new Promise<Record<string, unknown>>((resolve) => {
    socket.on('message', function onMessage(data) {
      const frame = JSON.parse(String(data));
      if (frame.type !== 'ack') return;
      socket.off('message', onMessage);
      resolve(frame);
    });
  });
  socket.send(frame);
  return answer;
}
