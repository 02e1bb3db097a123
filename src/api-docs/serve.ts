import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type Router from '@koa/router';
import type { Documents } from './documents.ts';
import { type AddressRules, ownOrigin, withOrigin } from './own-address.ts';

const own = (name: string) => import.meta.resolve(`./assets/${name}`);

const ASSETS: Readonly<Record<string, string>> = {
  'docs.css': own('docs.css'),
  'rest.js': own('rest.js'),
  'swagger-ui.css': import.meta.resolve('swagger-ui-dist/swagger-ui.css'),
  'swagger-ui-bundle.js': import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js'),
  'favicon.png': import.meta.resolve('swagger-ui-dist/favicon-32x32.png'),
};

/** Allows only resources of this server: no inline scripts or styles, no other origins, no framing. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const MAX_AGE_SEC = 300;

const DOCUMENTATION_PATH = '/docs';

const HTML = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';
const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  png: 'image/png',
};

/**
 * Serves the documents and their pages. They are public and the same for all users, except for the address of the
 * server, which is that of the request. Each is generated once.
 */
export const serveDocumentation =
  (rules: AddressRules) =>
  (router: Router): void => {
    const serveText = (path: string, type: string, name: keyof Documents) =>
      serve(router, path, type, perOrigin(rules, name));
    serveText('/openapi.json', JSON_TYPE, 'openApi');
    serveText('/asyncapi.json', JSON_TYPE, 'asyncApi');
    serveText(DOCUMENTATION_PATH, HTML, 'overview');
    serveText(`${DOCUMENTATION_PATH}/rest`, HTML, 'rest');
    serveText(`${DOCUMENTATION_PATH}/realtime`, HTML, 'realtime');
    for (const [name, file] of Object.entries(ASSETS)) {
      let made: Promise<Buffer> | undefined;
      serve(router, `${DOCUMENTATION_PATH}/assets/${name}`, TYPES[name.split('.').at(-1) ?? ''] ?? '', () => {
        made ??= readFile(new URL(file));
        return made;
      });
    }
  };

/** Generates a text once per scheme, and inserts the address of each request. */
function perOrigin(rules: AddressRules, name: keyof Documents): (request: IncomingMessage) => Promise<string> {
  const made = new Map<boolean, string>();
  return async (request) => {
    const { documents } = await import('./documents.ts'); // not at the start: few servers are asked for them
    const origin = ownOrigin(request, rules);
    const isSecure = origin.startsWith('https:');
    const text = made.get(isSecure) ?? documents[name](isSecure);
    made.set(isSecure, text);
    return withOrigin(text, origin);
  };
}

function serve(
  router: Router,
  path: string,
  type: string,
  content: (request: IncomingMessage) => Promise<string | Buffer>,
): void {
  router.get(path, async (ctx) => {
    ctx.body = await content(ctx.req);
    ctx.set({
      'Content-Type': type,
      'Cache-Control': `public, max-age=${MAX_AGE_SEC}`,
      'Content-Security-Policy': POLICY,
    });
    ctx.vary('Host, X-Forwarded-Proto');
  });
}
