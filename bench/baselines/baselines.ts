import type { Server } from 'node:http';
import { koa } from './koa.ts';
import { pages } from './pages.ts';
import { socketio } from './socketio.ts';
import { ws } from './ws.ts';

/** The baseline servers, by name: each the smallest and fastest program that an expert would write with the library. */
export const baselines = { koa, pages, socketio, ws } satisfies Record<string, (options: never) => Promise<Server>>;
export type BaselineName = keyof typeof baselines;
