import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../test/support/processes.ts';
import type { HttpRequest } from '../load/http-connection.ts';
import { startLoad } from '../load/load-process.ts';
import type { RequestsWindow } from '../load/requests.ts';
import { compare } from '../measurement/goals.ts';
import type { Contender } from '../measurement/interleave.ts';
import type { Scale } from '../scale.ts';
import type { Scenario } from '../scenario.ts';
import { startBaseline } from '../servers/baseline.ts';
import { fillConversations, fillUsers } from '../servers/fill-database.ts';
import { type MmChat, startMmChat } from '../servers/mmchat.ts';
import type { Server } from '../servers/server.ts';

const CONNECTIONS = 20;
/** At some thousand requests a second V8 needs this many windows to compile the code. */
const WARM_UPS = 4;
const MMCHAT = 'MmChat';
const BARE_SEND = 'koa + router + bodyparser, nothing stored';
const BARE_LIST = 'koa + router, one prepared query';
const DATA = { first: 1, count: 50, firstUser: 1, members: 5, messages: 100 };

export const restSend: Scenario = {
  name: 'rest-send',
  about: 'POST /api/messages, 20 connections, SQLite synchronous=FULL',
  warmUps: WARM_UPS,
  async start({ scale, checkout, baselines }) {
    const body = JSON.stringify({
      conversation_id: 1,
      content: 'Shall we meet at the station at a quarter past five?',
    });
    const server = await startFilled(checkout);
    const request = { method: 'POST', path: '/api/messages', body };
    const contenders = [await contender(MMCHAT, server, [{ ...request, token: server.tokenOf(1) }], scale)];
    if (baselines) contenders.push(await contender(BARE_SEND, await startBaseline('koa'), [request], scale));
    return contenders;
  },
  goals(runs) {
    const goal = { about: 'CPU ÷ koa + router + bodyparser alone', atMost: 1.6 };
    return [compare(runs, 'cpu', MMCHAT, BARE_SEND, goal)];
  },
};

const list = (name: string, about: string, path: string): Scenario => ({
  name,
  about,
  warmUps: WARM_UPS,
  async start({ scale, checkout, baselines }) {
    const server = await startFilled(checkout);
    const token = server.tokenOf(1);
    const contenders = [await contender(MMCHAT, server, [{ method: 'GET', path, token }], scale)];
    if (!baselines) return contenders;
    const baseline = await startPages(server, token);
    await requireSameBody(server.url, baseline.url, path, token);
    return [...contenders, await contender(BARE_LIST, baseline, [{ method: 'GET', path }], scale)];
  },
  goals(runs) {
    const goal = { about: 'CPU ÷ koa + router returning the same bytes from one prepared query', atMost: 1.5 };
    return [compare(runs, 'cpu', MMCHAT, BARE_LIST, goal)];
  },
});

const CONVERSATIONS = '/api/conversations?limit=50';
const MESSAGES = '/api/conversations/1/messages?limit=50';

export const restConversations = list(
  'rest-list',
  'GET /api/conversations, 50 rows, 20 connections, SQLite',
  CONVERSATIONS,
);
export const restMessages = list('rest-page', 'GET a page of 50 messages, 20 connections, SQLite', MESSAGES);

const startFilled = (checkout: string) =>
  startMmChat(checkout, 'sqlite', async (database) => {
    await fillUsers(database, DATA.members);
    await fillConversations(database, DATA);
  });

async function startPages({ url }: MmChat, token: string): Promise<Server> {
  const folder = makeTemporaryFolder('bench-pages', tmpdir());
  const { conversations, epoch } = JSON.parse(await bodyOf(url, CONVERSATIONS, token));
  const { messages } = JSON.parse(await bodyOf(url, MESSAGES, token));
  const file = join(folder, 'baseline.sqlite');
  const server = await startBaseline('pages', { file, conversations, epoch, messages });
  return {
    ...server,
    async stop() {
      await server.stop();
      removeTemporaryFolder(folder);
    },
  };
}

async function requireSameBody(one: string, other: string, path: string, token: string): Promise<void> {
  if ((await bodyOf(one, path, token)) !== (await bodyOf(other, path)))
    throw new Error(`MmChat and the baseline return different bodies for ${path}`);
}

async function bodyOf(url: string, path: string, token?: string): Promise<string> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return (await fetch(`${url}${path}`, { headers })).text();
}

async function contender(
  name: string,
  server: Server,
  requests: readonly HttpRequest[],
  { seconds, warmSeconds }: Scale,
): Promise<Contender> {
  const options = { url: server.url, requests, connections: CONNECTIONS, pids: [server.pid] };
  const load = await startLoad<'requests', RequestsWindow>('requests', options);
  return {
    name,
    window: () => load.window({ seconds, warmSeconds }),
    async stop() {
      await load.stop();
      await server.stop();
    },
  };
}
