import type Koa from 'koa';
import helmet from 'koa-helmet';

/** What our page needs, and nothing inline. Profile pictures may lie anywhere; `'self'` covers the WebSocket too. */
const POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'https:', 'http:'],
  connectSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
};

/**
 * Sets the security headers on every answer. They are helmet's, but asked for once: they are the same for every request,
 * and its chain of one middleware for each header costs more than all of them together.
 * @param hsts whether browsers shall use HTTPS alone from now on
 */
export async function securityHeaders(hsts: boolean): Promise<Koa.Middleware> {
  const headers = await headersOf(helmet({ hsts, contentSecurityPolicy: { useDefaults: false, directives: POLICY } }));
  return ({ res }, next) => {
    for (const [name, value] of headers) res.setHeader(name, value);
    return next();
  };
}

/** What helmet sets on an answer that is never sent; it looks at nothing else. */
async function headersOf(middleware: Koa.Middleware): Promise<[name: string, value: string][]> {
  const headers: [string, string][] = [];
  const setHeader = (name: string, value: string) => headers.push([name, value]);
  const answer = { req: {}, res: { setHeader, removeHeader: () => undefined } };
  await middleware(answer as never, () => Promise.resolve());
  return headers;
}
