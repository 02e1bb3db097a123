import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { build } from 'vite';

const ROOT = join(import.meta.dirname, '../..');
const MOST_BYTES = 15_000;

describe('The client, bundled for a browser', () => {
  it(`is smaller than ${MOST_BYTES} bytes when gzipped, and needs nothing but socket.io-client`, async function () {
    this.timeout(60_000);
    const outside = new Set<string>();
    const built = await build({
      root: ROOT,
      configFile: false,
      logLevel: 'silent',
      build: {
        write: false,
        lib: { entry: join(ROOT, 'packages/client/src/client.ts'), formats: ['es'], fileName: 'client' },
        rollupOptions: {
          external: (id) => {
            const isOutside = !id.startsWith('.') && !id.startsWith('/');
            if (isOutside) outside.add(id);
            return isOutside;
          },
        },
      },
    });
    const [{ output } = { output: [] }] = [built].flat() as { output: { code: string }[] }[];
    const bytes = gzipSync(output.map(({ code }) => code).join('')).length;
    process.stdout.write(`      ${bytes} bytes\n`);
    expect([...outside]).to.deep.equal(['socket.io-client']);
    expect(bytes).to.be.within(1_000, MOST_BYTES);
  });
});
