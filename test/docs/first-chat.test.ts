import { execFile } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { makeTemporaryFolder, type RunningProcess, removeTemporaryFolder, startProcess } from '../support/processes.ts';
import { blocksOf, ROOT, readText } from './markdown.ts';

const run = promisify(execFile);

describe('The first chat of the README', function () {
  this.timeout(120_000);
  let folder: string;
  let server: RunningProcess;
  before(async () => {
    folder = makeTemporaryFolder('first-chat');
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const env = { PATH: process.env.PATH, HTTP_ADDR: '127.0.0.1:0', LOG_LEVEL: 'warn' };
    const main = join(ROOT, 'src/main.ts');
    server = await startProcess(process.execPath, [main], { ready: /listens on \S+\n/, cwd: folder, env });
  });
  after(async () => {
    await server?.stop();
    removeTemporaryFolder(folder);
  });

  it('runs as it is written, twice, on a server that was started with no variable except its port', async () => {
    const url = /listens on (\S+)/.exec(server.output())?.[1] ?? '';
    const [script = ''] = blocksOf(readText('README.md'), 'js');
    const file = join(folder, 'first-chat.mjs');
    writeFileSync(file, script.replace('http://localhost:8080', url));
    for (const messageId of [1, 2]) {
      const { stdout } = await run(process.execPath, [file], { timeout: 20_000 });
      expect(stdout).to.contain('bob receives from alice: Hello, Bob!\n');
      expect(stdout).to.contain("bob reads it: { ok: true, message: 'Marked as read' }\n");
      expect(stdout).to.contain(`message_ids: [ ${messageId} ]`);
    }
  });
});
