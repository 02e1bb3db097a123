import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { build } from 'vite';

const ROOT = join(import.meta.dirname, '../..');
const MAX_BYTES = 15_200;

describe('The client bundled for a browser', () => {
  it(`is at most ${MAX_BYTES} bytes gzipped, and imports only socket.io-client`, async function () {
    this.timeout(120_000);
    const external = new Set<string>();
    const built = await build({
      root: ROOT,
      configFile: false,
      logLevel: 'silent',
      build: {
        write: false,
        lib: { entry: join(ROOT, 'packages/client/src/client.ts'), formats: ['es'], fileName: 'client' },
        rollupOptions: {
          external: (id) => {
            const isExternal = !id.startsWith('.') && !id.startsWith('/');
            if (isExternal) external.add(id);
            return isExternal;
          },
        },
      },
    });
    const [{ output } = { output: [] }] = [built].flat() as { output: { code: string }[] }[];
    const bytes = gzipSync(output.map(({ code }) => code).join('')).length;
    process.stdout.write(`      ${bytes} bytes\n`);
    expect([...external]).to.deep.equal(['socket.io-client']);
    expect(bytes).to.be.within(1_000, MAX_BYTES);
  });
});
