import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type Router from '@koa/router';
import type { Context } from 'koa';
import { isLocalRequest } from '../transports/http/local-request.ts';

/** The output folder of `npm run build`. */
const WEB_CLIENT_FOLDER = join(import.meta.dirname, '../../dist/web');
const NOT_BUILT = `The web client of MmChat has not been built. The API works without it.

Build it with

    npm run build

and restart the server. (npm ci builds it, unless scripts are disabled.)
`;

const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** The HTTP names of the encodings and their file name suffixes, the best first. */
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/** Whether the web client has been built. */
export const isBuilt = (folder = WEB_CLIENT_FOLDER): boolean => existsSync(join(folder, 'index.html'));

type Options = {
  /** The output folder of the build; if it is missing, `/` explains how to build. */
  folder?: string;
  /** The path of the development outbox, which the page links to for requests from this machine. */
  outbox?: string;
};

/**
 * Serves the web client: its page at `/`, which browsers revalidate each time, and its assets, whose names contain a
 * hash of their content. All files are read once at the start, so that a URL cannot name any other file.
 */
export function serveWebClient({ folder = WEB_CLIENT_FOLDER, outbox }: Options): (router: Router) => void {
  const page = isBuilt(folder) ? pageIn(folder) : undefined;
  const localPage = isBuilt(folder) ? pageIn(folder, outbox) : undefined;
  const assets = page === undefined ? new Map<string, Buffer>() : assetsIn(folder);
  return (router) => {
    router.get('/', (ctx) => {
      ctx.set('Cache-Control', 'no-cache');
      if (page === undefined) ctx.status = 503;
      ctx.body = (isLocalRequest(ctx.req) ? localPage : page) ?? NOT_BUILT;
    });
    for (const name of assets.keys()) {
      if (extname(name) in TYPES) router.get(`/assets/${name}`, (ctx) => answer(ctx, name, assets));
    }
  };
}

function pageIn(folder: string, outbox = ''): string {
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  return page.replace('name="mmchat-outbox" content=""', `name="mmchat-outbox" content="${outbox}"`);
}

function assetsIn(folder: string): Map<string, Buffer> {
  const assets = join(folder, 'assets');
  return new Map(readdirSync(assets).map((name) => [name, readFileSync(join(assets, name))]));
}

function answer(ctx: Context, name: string, assets: ReadonlyMap<string, Buffer>): void {
  const best = ENCODINGS.find(([encoding, suffix]) => assets.has(name + suffix) && ctx.acceptsEncodings(encoding));
  ctx.set({ 'Cache-Control': 'public, max-age=31536000, immutable', Vary: 'Accept-Encoding' });
  if (best !== undefined) ctx.set('Content-Encoding', best[0]);
  ctx.type = TYPES[extname(name)] ?? '';
  ctx.body = assets.get(name + (best?.[1] ?? ''));
}
