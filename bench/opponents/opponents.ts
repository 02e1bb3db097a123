import type { Server } from 'node:http';
import { koa } from './koa.ts';
import { pages } from './pages.ts';
import { raw } from './raw.ts';
import { socketio } from './socketio.ts';

/** The bare servers, by name. Each is as small and as quick as somebody who knows the library would write it. */
export const opponents = { koa, pages, raw, socketio } satisfies Record<string, (options: never) => Promise<Server>>;
export type OpponentName = keyof typeof opponents;
