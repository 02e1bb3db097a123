import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const ROOT = import.meta.dirname;
const COMPRESSED = /\.(js|css|svg)$/;

/** Builds the web client of `src/web/` into `dist/web/`, from where `src/pages/web-client.ts` serves it. */
export default defineConfig({
  root: join(ROOT, 'src/web'),
  base: '/',
  logLevel: 'warn',
  // its sources, so that nothing has to be built before the page
  resolve: { alias: { 'mmchat-client': join(ROOT, 'packages/client/src/client.ts') } },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [precompress()],
  build: {
    outDir: join(ROOT, 'dist/web'),
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0, // the Content-Security-Policy has no place for data: in anything but pictures
    modulePreload: { polyfill: false },
  },
});

/** Writes each asset compressed beside itself, so that the server compresses nothing. */
function precompress(): Plugin {
  let folder = '';
  return {
    name: 'precompress',
    apply: 'build',
    configResolved(config) {
      folder = join(config.build.outDir, config.build.assetsDir);
    },
    async closeBundle() {
      for (const name of await readdir(folder)) {
        if (!COMPRESSED.test(name)) continue;
        const content = await readFile(join(folder, name));
        await writeFile(join(folder, `${name}.br`), await promisify(brotliCompress)(content));
        await writeFile(join(folder, `${name}.gz`), await promisify(gzip)(content, { level: 9 }));
      }
    },
  };
}
