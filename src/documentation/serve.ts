import { readFile } from 'node:fs/promises';
import type Router from '@koa/router';
import { asyncApi } from './asyncapi.ts';
import { openApi } from './openapi.ts';
import { overviewPage } from './overview.ts';
import { realtimePage } from './realtime-page.ts';
import { restPage } from './rest-page.ts';

const own = (name: string) => import.meta.resolve(`./assets/${name}`);

const ASSETS: Readonly<Record<string, string>> = {
  'docs.css': own('docs.css'),
  'rest.js': own('rest.js'),
  'swagger-ui.css': import.meta.resolve('swagger-ui-dist/swagger-ui.css'),
  'swagger-ui-bundle.js': import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js'),
  'favicon.png': import.meta.resolve('swagger-ui-dist/favicon-32x32.png'),
};

/** Nothing but what this server itself serves: no inline script or style, nothing from elsewhere, in no frame. */
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

/** Browsers ask again after this long. */
const FRESH_SEC = 300;

/** Where the documentation is. */
const DOCUMENTATION_PATH = '/docs';

const HTML = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';
const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  png: 'image/png',
};

/** Serves the documents and their pages. They are public, the same for everybody, and each is made once. */
export function serveDocumentation(router: Router): void {
  serve(router, '/openapi.json', JSON_TYPE, () => JSON.stringify(openApi()));
  serve(router, '/asyncapi.json', JSON_TYPE, () => JSON.stringify(asyncApi()));
  serve(router, DOCUMENTATION_PATH, HTML, overviewPage);
  serve(router, `${DOCUMENTATION_PATH}/rest`, HTML, restPage);
  serve(router, `${DOCUMENTATION_PATH}/realtime`, HTML, realtimePage);
  for (const [name, file] of Object.entries(ASSETS)) {
    serve(router, `${DOCUMENTATION_PATH}/assets/${name}`, TYPES[name.split('.').at(-1) ?? ''] ?? '', () =>
      readFile(new URL(file)),
    );
  }
}

function serve(router: Router, path: string, type: string, make: () => string | Promise<Buffer>): void {
  let made: ReturnType<typeof make> | undefined;
  router.get(path, async (ctx) => {
    made ??= make();
    ctx.body = await made;
    ctx.set({
      'Content-Type': type,
      'Cache-Control': `public, max-age=${FRESH_SEC}`,
      'Content-Security-Policy': POLICY,
    });
  });
}
