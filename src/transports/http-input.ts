import type { IncomingHttpHeaders } from 'node:http';
import type Koa from 'koa';
import { ChatError } from '../errors.ts';
import type { Operation } from '../operation.ts';

/** A body is JSON or it is refused; a request without one needs no type. */
export const mustBeJson: Koa.Middleware = (ctx, next) => {
  if (hasBody(ctx.req.headers) && !ctx.is('json', '+json')) throw new ChatError('unsupported_media_type');
  return next();
};

const hasBody = (headers: IncomingHttpHeaders) =>
  Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined;

/** Makes what reads an operation's input: the body, or the query of a GET, and the path's parameters. */
export function inputReader({ input }: Operation): (ctx: Koa.Context) => unknown {
  const fields = new Map(Object.entries(input.fields).map(([name, field]) => [name, typeOf(field)]));
  return (ctx) => {
    const body: unknown = ctx.request.body ?? {};
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
    const named: Record<string, unknown> = { ...body };
    const take = (inUrl: Record<string, unknown>) => {
      for (const name in inUrl) if (fields.has(name)) named[name] = typedValue(inUrl[name], fields.get(name));
    };
    if (ctx.method === 'GET' && ctx.querystring !== '') take(gathered(ctx.query));
    take(ctx.params as Record<string, string>);
    return named;
  };
}

/** `conversations[100]=5` is one way to write an object in a URL. */
function gathered(query: Koa.Context['query']): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  const nested: Record<string, Record<string, number>> = {};
  for (const [key, value] of Object.entries(query)) {
    const [, name, member] = /^(\w+)\[(\d+)\]$/.exec(key) ?? [];
    if (name === undefined || member === undefined) plain[key] = value;
    else nested[name] = { ...nested[name], [member]: Number(value) };
  }
  return { ...plain, ...nested };
}

const typeOf = (field: unknown) =>
  typeof field === 'object' && field !== null && 'type' in field ? field.type : undefined;

/** A URL holds text alone: a number, a truth value or an object that it spells becomes one, anything else stays for the schema to refuse. */
function typedValue(value: unknown, type: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (type === 'number' && /^\d{1,16}$/.test(value)) return Number(value);
  if (type === 'boolean' && /^(true|false)$/.test(value)) return value === 'true';
  if (type === 'mixed') return parsed(value);
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // the schema says what it should have been
  }
}
