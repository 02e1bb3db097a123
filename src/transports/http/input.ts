import type Koa from 'koa';
import { ChatError } from '../../operation/errors.ts';
import type { Operation } from '../../operation/operation.ts';
import { isDecodable } from '../../operation/text.ts';

/**
 * Takes requests for a path, and for a whole address as proxies write it; a path it is afterwards.
 * @throws ChatError `invalid_request` for an address that cannot be read
 */
export const readTarget: Koa.Middleware = (ctx, next) => {
  const { url = '', httpVersion, headers } = ctx.req;
  if (headers.host === undefined && httpVersion !== '1.0') throw new ChatError('invalid_request'); // RFC 9112, 3.2
  if (url.startsWith('/') || url === '*') return next();
  if (!/^https?:/i.test(url) || !URL.canParse(url)) throw new ChatError('invalid_request');
  const { pathname, search } = new URL(url);
  ctx.url = pathname + search;
  return next();
};

/**
 * Returns a function that reads an operation's input: the body, or the query of a GET or HEAD, and the path's parameters.
 * It throws ChatError `invalid_input` for a query that cannot be decoded, or an unknown parameter of a strict operation.
 */
export function inputReader({ input, strictQuery }: Operation): (ctx: Koa.Context) => unknown {
  const fields = new Map(Object.entries(input.fields).map(([name, field]) => [name, typeOf(field)]));
  return (ctx) => {
    const body: unknown = ctx.state.body ?? {};
    if (typeof body !== 'object' || Array.isArray(body)) return body;
    const named: Record<string, unknown> = { ...body };
    const take = (inUrl: Record<string, unknown>) => {
      for (const name in inUrl) if (fields.has(name)) named[name] = typedValue(inUrl[name], fields.get(name));
    };
    if (IN_QUERY.has(ctx.method) && ctx.querystring !== '') {
      const query = queryOf(ctx);
      if (strictQuery) mustBeKnown(Object.keys(query), fields);
      take(query);
    }
    take(ctx.params as Record<string, string>);
    return named;
  };
}

const MOST_NAMED = 10;
const MOST_NAME_CHARACTERS = 64;

function mustBeKnown(names: readonly string[], fields: ReadonlyMap<string, unknown>): void {
  const unknown = names.filter((name) => !fields.has(name));
  if (unknown.length === 0) return;
  const message = `is no parameter here; there are ${[...fields.keys()].join(', ')}`;
  throw new ChatError('invalid_input', {
    fields: unknown.slice(0, MOST_NAMED).map((name) => ({ field: name.slice(0, MOST_NAME_CHARACTERS), message })),
  });
}

const IN_QUERY = new Set(['GET', 'HEAD']);

function queryOf(ctx: Koa.Context): Record<string, unknown> {
  for (const pair of isDecodable(ctx.querystring) ? [] : ctx.querystring.split('&')) mustBeDecodable(pair);
  return gathered(ctx.query);
}

/** `conversations[100]=5` is one way to write an object in a URL. */
function gathered(query: Koa.Context['query']): Record<string, unknown> {
  const fields = new Map<string, unknown>();
  const nested = new Map<string, Map<string, number>>();
  for (const [key, value] of Object.entries(query)) {
    const [, name, member] = /^(\w+)\[(\d+)\]$/.exec(key) ?? [];
    if (name === undefined || member === undefined) fields.set(key, value);
    else nested.set(name, (nested.get(name) ?? new Map()).set(member, Number(value)));
  }
  for (const [name, members] of nested) fields.set(name, Object.fromEntries(members));
  return Object.fromEntries(fields);
}

/** Decoded leniently, it would be another text than the one that was meant. */
function mustBeDecodable(pair: string): void {
  const [name = ''] = pair.split('=', 1);
  if (isDecodable(pair)) return;
  const field = isDecodable(name) ? decodeURIComponent(name) : '';
  throw new ChatError('invalid_input', { fields: [{ field, message: 'has to be UTF-8, percent-encoded' }] });
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
