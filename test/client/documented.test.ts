import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { blocksOf, ROOT, readText } from '../docs/markdown.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { makeTemporaryFolder, removeTemporaryFolder, startProcess } from '../support/processes.ts';

describe("The first chat of the client's documentation", () => {
  let app: TestApp;
  let folder: string;
  before(async () => {
    app = await startApp();
    folder = makeTemporaryFolder('client-chat');
  });
  after(async () => {
    await app?.stop();
    removeTemporaryFolder(folder);
  });

  it('runs as it is written, but for the address and the name', async function () {
    this.timeout(20_000);
    const [alice, bob] = await app.people('alice', 'bob');
    const [script = ''] = blocksOf(readText('docs/client.md'), 'js');
    const { exports } = JSON.parse(readText('package.json')) as { exports: Record<string, string> };
    const file = join(folder, 'first-chat.mjs');
    const here = script
      .replace("'mmchat/client'", JSON.stringify(join(ROOT, exports['./client'] ?? '')))
      .replace('http://localhost:8080', app.url)
      .replace("'alice'", `'${alice.username}'`);
    writeFileSync(file, here);
    const chat = await startProcess(process.execPath, [file], { ready: /Hello, Bob! sent/ });
    await chat.stop();
    expect(chat.output()).to.match(
      new RegExp(`${alice.username} Hello, Bob! pending\n${alice.username} Hello, Bob! sent\n`),
    );
    const { conversations } = await bob.rest.ask('list_conversations');
    expect(conversations[0].last_message.content).to.equal('Hello, Bob!');
  });
});
