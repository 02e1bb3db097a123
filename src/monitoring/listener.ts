import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Config } from '../config/config.ts';
import { KEEP_ALIVE_MS, listen } from '../server/listening.ts';
import type { Pages } from './endpoints.ts';

/** Serves the operator's pages on a separate address, which answers until the server has stopped. */
export async function listenForOperators(pages: Pages, address: Config['http']): Promise<Server> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    answer(pages, request, response).catch(() => response.writeHead(500).end());
  });
  await listen(server, address, 'METRICS_ADDR');
  return server;
}

async function answer(pages: Pages, { method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = url.split('?', 1)[0] ?? '';
  const page = Object.hasOwn(pages, path) ? await pages[path]?.() : undefined;
  if (page === undefined || (method !== 'GET' && method !== 'HEAD')) return void response.writeHead(404).end();
  response.writeHead(page.status, { 'Content-Type': page.type, 'Cache-Control': 'no-store' });
  response.end(method === 'HEAD' ? undefined : page.body);
}
