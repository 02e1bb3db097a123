import { join } from 'node:path';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../test/support/processes.ts';
import type { HttpRequest } from '../load/http-wire.ts';
import { startLoad } from '../load/load.ts';
import type { RequestsWindow } from '../load/requests.ts';
import { compare, interleave, type Side, summary } from '../measuring/interleave.ts';
import type { Row } from '../row.ts';
import type { Scale } from '../scale.ts';
import { fillTalk, fillUsers } from '../servers/filling.ts';
import { startOpponent } from '../servers/opponent.ts';
import { type Ours, startOurs } from '../servers/ours.ts';
import type { Server } from '../servers/server.ts';

const CONNECTIONS = 20;
/** So many windows before those that count: a few thousand requests a second take that long to be compiled. */
const WARM_UPS = 4;
const OURS = 'MmChat';
const BARE_SEND = 'koa + router + bodyparser, nothing stored';
const BARE_LIST = 'koa + router, one prepared query';
const TALK = { first: 1, count: 50, firstUser: 1, members: 5, messages: 100 };

export const restSend: Row = {
  name: 'rest-send',
  about: 'POST /api/messages, 20 connections, SQLite synchronous=FULL',
  async run(scale, tell) {
    const body = JSON.stringify({
      conversation_id: 1,
      content: 'Shall we meet at the station at a quarter past five?',
    });
    const server = await startFilled();
    const request = { method: 'POST', path: '/api/messages', body };
    const sides = [
      await asking(OURS, server, [{ ...request, token: server.tokenOf(1) }], scale),
      await asking(BARE_SEND, await startOpponent('koa'), [request], scale),
    ];
    const runs = await interleave(sides, scale.runs, tell, WARM_UPS);
    const goal = { about: 'CPU ÷ koa + router + bodyparser alone', atMost: 1.6 };
    return { goals: [compare(runs, 'cpu', OURS, BARE_SEND, goal)], sides: summary(runs) };
  },
};

const list = (name: string, about: string, path: string): Row => ({
  name,
  about,
  async run(scale, tell) {
    const server = await startFilled();
    const token = server.tokenOf(1);
    const folder = makeTemporaryFolder('bench-pages');
    const opponent = await startPages(server, token, join(folder, 'bare.sqlite'));
    await mustSendTheSame(server.url, opponent.url, path, token);
    const sides = [
      await asking(OURS, server, [{ method: 'GET', path, token }], scale),
      await asking(BARE_LIST, opponent, [{ method: 'GET', path }], scale),
    ];
    const runs = await interleave(sides, scale.runs, tell, WARM_UPS);
    removeTemporaryFolder(folder);
    const goal = { about: 'CPU ÷ koa + router that send the same bytes from one prepared query', atMost: 1.5 };
    return { goals: [compare(runs, 'cpu', OURS, BARE_LIST, goal)], sides: summary(runs) };
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

const startFilled = () =>
  startOurs('sqlite', async (database) => {
    await fillUsers(database, TALK.members);
    await fillTalk(database, TALK);
  });

async function startPages({ url }: Ours, token: string, file: string): Promise<Server> {
  const { conversations } = JSON.parse(await textAt(url, CONVERSATIONS, token));
  const { messages } = JSON.parse(await textAt(url, MESSAGES, token));
  return startOpponent('pages', { file, conversations, messages });
}

async function mustSendTheSame(one: string, other: string, path: string, token: string): Promise<void> {
  if ((await textAt(one, path, token)) !== (await textAt(other, path))) throw new Error(`${path} differs`);
}

async function textAt(url: string, path: string, token?: string): Promise<string> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return (await fetch(`${url}${path}`, { headers })).text();
}

async function asking(
  name: string,
  server: Server,
  requests: readonly HttpRequest[],
  { seconds, warmSeconds }: Scale,
): Promise<Side> {
  const options = { url: server.url, requests, connections: CONNECTIONS, watched: [server.pid] };
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
