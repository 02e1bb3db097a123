import type Koa from 'koa';
import { ChatError } from '../errors.ts';
import type { Operation } from '../operation.ts';

/** A body is JSON or it is refused; a request without one needs no type. */
export const mustBeJson: Koa.Middleware = (ctx, next) => {
  if (hasBody(ctx) && !ctx.is('json', '+json')) throw new ChatError('unsupported_media_type');
  return next();
};

const hasBody = (ctx: Koa.Context) => Number(ctx.get('content-length') || 0) > 0 || ctx.get('transfer-encoding') !== '';

/** An operation's input: the body, or the query of a GET, and the path's parameters. */
export function inputOf(ctx: Koa.Context, { input }: Operation): unknown {
  const body: unknown = ctx.request.body ?? {};
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const query = ctx.method === 'GET' ? gathered(ctx.query) : {};
  const fields = new Map(Object.entries(input.fields));
  const inUrl = { ...query, ...(ctx.params as Record<string, string>) };
  const typed = Object.entries(inUrl).map(([name, value]) => [name, typedValue(value, fields.get(name))]);
  return { ...body, ...Object.fromEntries(typed) };
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

/** A URL holds text alone: a number, a truth value or an object that it spells becomes one, anything else stays for the schema to refuse. */
function typedValue(value: unknown, field: unknown): unknown {
  if (typeof value !== 'string') return value;
  const type = typeof field === 'object' && field !== null && 'type' in field ? field.type : undefined;
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
