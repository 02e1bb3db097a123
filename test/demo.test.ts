import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { differences, type Seen, type View } from './demo/views.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from './support/processes.ts';

const DEMO = join(import.meta.dirname, 'demo.ts');
const WITHIN_MS = 30_000;

/** Runs the demo like `npm run demo`, with its own folder for temporary files. */
async function runDemo(temporary: string) {
  const env = { ...process.env, TMPDIR: temporary };
  const child = spawn(process.execPath, [DEMO], { env, timeout: WITHIN_MS });
  const [output, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { output, complaints, code };
}

describe('The demo', function () {
  this.timeout(WITHIN_MS + 5_000);
  let temporary: string;
  beforeEach(() => {
    temporary = makeTemporaryFolder('demo-test');
  });
  afterEach(() => removeTemporaryFolder(temporary));

  it('prints the views of three users over three transports, exits by itself with 0, and leaves nothing behind', async () => {
    const { output, complaints, code } = await runDemo(temporary);
    expect({ complaints, code }).to.deep.equal({ complaints: '', code: 0 });
    for (const heading of ['alice1 saw over Socket.IO', 'bob2 saw over plain WebSocket', 'carol3 saw over REST']) {
      expect(output).to.contain(`What ${heading}:`);
    }
    expect(output.split(/^What /m).slice(1)).to.have.length(3);
    for (const view of output.split(/^What /m).slice(1)) {
      expect(view).to.contain('alice1: Who is coming to the lake on Saturday?  ✓ read\n');
      expect(view).to.contain('carol3: (deleted)\n').and.to.contain('* alice1 renamed the group to The lake\n');
      expect(view).to.contain('bob2: Take a coat, it may rain. (edited)').and.not.to.contain('cote');
    }
    expect(output.split('It is her birthday.'), 'the secret, with the two who share it').to.have.length(3);
    expect(output).to.match(/All three saw the same, and the history agrees: 8 messages in 2 conversations\.\n$/);
    const url = /listens on (http:\S+);/.exec(output)?.[1] ?? '';
    expect(await fetch(`${url}/api/me`).catch((error) => error.cause.code)).to.equal('ECONNREFUSED');
    expect(readdirSync(temporary)).to.deep.equal([]);
  });

  it('exits with 1 and reports why when it cannot run', async () => {
    const { complaints, code } = await runDemo(join(temporary, 'missing'));
    expect(code).to.equal(1);
    expect(complaints).to.match(/^The demo failed: .*missing.*\n$/);
  });
});

describe("The demo's comparison", () => {
  const message: Seen = {
    seq: 1,
    sender: 'ann',
    content: 'Hello!',
    system: false,
    edited: false,
    deleted: false,
    read: true,
  };
  const reply: Seen = { ...message, seq: 2, sender: 'ben', content: 'Hi!', read: false };
  const viewOf = (who: string, messages: readonly Seen[], id = 7): View => {
    return { who, over: 'REST', conversations: new Map([[id, messages]]) };
  };
  const agreed = (who: string) => [viewOf(who, [message, reply]), viewOf(who, [message, reply])] as const;

  it('finds nothing if the views are equal', () => {
    expect(differences([agreed('ann'), agreed('ben'), agreed('cat')])).to.deep.equal([]);
  });

  for (const [what, changed] of [
    ['content', { content: 'Hallo!' }],
    ['sender', { sender: 'ben' }],
    ['edit', { edited: true }],
    ['deletion', { deleted: true }],
    ['kind', { system: true }],
    ['read state', { read: false }],
    ['number', { seq: 3 }],
  ] as const) {
    it(`finds a ${what} that differs from the history`, () => {
      const ben = [viewOf('ben', [{ ...message, ...changed }, reply]), viewOf('ben', [message, reply])] as const;
      const found = differences([agreed('ann'), ben]).join('\n');
      expect(found).to.match(/^conversation 7, message [13]: ben \(REST\) has /);
    });
  }

  it('finds a missing message, and an additional one', () => {
    const [behind, whole] = [viewOf('ben', [message]), viewOf('ben', [message, reply])];
    expect(differences([[behind, whole]])).to.deep.equal([
      'conversation 7, message 2: ben (REST) has “nothing”, ben (REST) has “ben: Hi!  · unread”',
    ]);
    expect(differences([[whole, behind]])).to.have.length(1);
  });

  it('finds a conversation that a user should not see', () => {
    const leaked = viewOf('cat', [message], 8);
    expect(differences([[leaked, viewOf('cat', [])]])).to.have.length(1);
  });

  it('finds that two users received different data, even if each agrees with their own history', () => {
    const other = viewOf('ben', [{ ...message, content: 'Hallo!' }, reply]);
    expect(differences([agreed('ann'), [other, other]])).to.deep.equal([
      'conversation 7, message 1: ann (REST) has “ann: Hello!”, ben (REST) has “ann: Hallo!”',
    ]);
  });
});
