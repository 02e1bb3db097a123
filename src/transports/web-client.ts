import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type Router from '@koa/router';
import type { Context } from 'koa';
import { isLocalRequest } from '../local-request.ts';

/** Where `npm run build` puts the web client. */
const WEB_CLIENT_FOLDER = join(import.meta.dirname, '../../dist/web');
const NOT_BUILT = `The page of MmChat has not been built. The API works without it.

Build it with

    npm run build

and start the server again. (npm ci does it by itself, unless it is told to run no scripts.)
`;

const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** The best first, by the names that HTTP has for them, with what they add to a file's name. */
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/** Whether there is a page to serve. */
export const isBuilt = (folder = WEB_CLIENT_FOLDER): boolean => existsSync(join(folder, 'index.html'));

type Options = {
  /** What the build wrote; without it `/` says how to build. */
  folder?: string;
  /** The address of the development outbox, for the page to link to on this machine, as only there it answers. */
  outbox?: string;
};

/**
 * Serves the web client: its page at `/`, which is asked for anew each time, and the files that belong to it, whose
 * names change with their content. All of it is read once, so that an address can name nothing else.
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
