import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type Koa from 'koa';
import bodyParser from 'koa-bodyparser';
import { ChatError } from '../errors.ts';

const LARGEST_BODY_BYTES = 65_536;
const PLAIN_TYPE = /^application\/json(?:; ?charset=utf-8)?$/i;
const BYTE_ORDER_MARK = 0xfeff;
/** Text that may hold the key `__proto__`, plain or with escapes. */
const MAY_NAME_PROTOTYPE = /__proto__|\\u/;

/**
 * Reads the body, which is JSON or refused. Nearly all bodies are UTF-8 of a length that is said before, and not
 * compressed: those are read here at once, what has no body has nothing to read, and anything else is left to
 * koa-bodyparser. What either takes and refuses is the same.
 */
export const jsonBody: Koa.Middleware = async (ctx, next) => {
  const { headers } = ctx.req;
  if (!hasBody(headers)) ctx.request.body = {};
  else if (isPlain(headers)) ctx.request.body = parse(await textOf(ctx.req));
  else return readAnyBody(ctx, next);
  return next();
};

const parser = bodyParser({ enableTypes: ['json'], jsonLimit: String(LARGEST_BODY_BYTES), onerror: refuse });

const readAnyBody: Koa.Middleware = (ctx, next) => {
  if (!ctx.is('json', '+json')) throw new ChatError('unsupported_media_type');
  return parser(ctx, next);
};

const hasBody = (headers: IncomingHttpHeaders) =>
  Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined;

const isPlain = (headers: IncomingHttpHeaders) =>
  headers['transfer-encoding'] === undefined &&
  headers['content-encoding'] === undefined &&
  Number(headers['content-length']) <= LARGEST_BODY_BYTES &&
  PLAIN_TYPE.test(headers['content-type'] ?? '');

function textOf(request: IncomingMessage): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => resolve((chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString()));
  request.on('error', () => reject(new ChatError('invalid_json'))); // it broke off: nobody hears the answer
  return promise;
}

function parse(text: string): object {
  const json = text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  const value = read(json);
  if (typeof value !== 'object' || value === null) throw new ChatError('invalid_json');
  return value;
}

function read(json: string): unknown {
  try {
    return MAY_NAME_PROTOTYPE.test(json) ? JSON.parse(json, refusePrototype) : JSON.parse(json);
  } catch {
    throw new ChatError('invalid_json');
  }
}

function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('names a prototype');
  return value;
}

function refuse(error: Error & { status?: number }): never {
  if (error.status === 413) throw new ChatError('body_too_large');
  if (error.status === 415) throw new ChatError('unsupported_media_type');
  throw new ChatError('invalid_json');
}
