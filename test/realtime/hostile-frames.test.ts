import { once } from 'node:events';
import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import { rawAt } from '../support/clients.ts';
import type { Person } from '../support/people.ts';

const DEEP = 30_000;
const deep = `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`;

/** Frames with invalid content; `ref` is 1 if present. */
const FRAMES = [
  `{"type":"message","ref":1,"conversation_id":${deep}}`,
  `{"type":"message","ref":1,"conversation_id":1,"content":${deep}}`,
  `{"type":"sync","ref":1,"conversations":${deep}}`,
  `{"type":"read_receipt","ref":1,"message_ids":[${'"a",'.repeat(15_000)}1]}`,
  '{"type":"message","ref":1,"__proto__":{"conversation_id":1,"content":"x"}}',
  '{"type":"constructor","ref":1}',
  '{"type":"error","ref":1}',
  '{"type":"connection","ref":1}',
  '{"type":"","ref":1}',
];
/** An invalid ref cannot be returned. */
const REFS = ['{}', '[]', 'true', deep];

describe('A hostile plain WebSocket client', () => {
  let app: TestApp;
  let alice: Person;
  before(async () => {
    app = await startApp();
    alice = await app.person('alice');
  });
  after(() => app.stop());

  const open = () => rawAt(`${app.url.replace('http', 'ws')}/api/ws?token=${alice.token}`);

  it('gets an error for a frame with any content', async () => {
    const { socket, close } = await open();
    const ask = async (frame: string) => {
      socket.send(frame);
      const [data] = await once(socket, 'message');
      return JSON.parse(String(data));
    };
    for (const frame of FRAMES) {
      const { type, ref, ok, error } = await ask(frame);
      expect({ type, ref, ok }, frame.slice(0, 60)).to.deep.equal({ type: 'ack', ref: 1, ok: false });
      expect(error.code).to.be.oneOf(['invalid_input', 'unknown_operation']);
    }
    for (const ref of REFS) {
      const answer = await ask(`{"type":"nonsense","ref":${ref}}`);
      expect(answer, ref.slice(0, 10)).to.deep.include({ type: 'error', ok: false });
      expect(answer).not.to.have.property('ref');
      expect(answer.error.code).to.equal('invalid_input');
    }
    close();
  });

  it('can violate the WebSocket protocol without harm to others', async () => {
    const bystander = await alice.raw();
    for (const bytes of [
      [0x81, 0x05],
      [0xff, 0xff, 0xff],
      [0x01, 0x80],
      [0x88, 0x81, 1, 2, 3, 4, 5],
      [0xc1, 0x80],
    ]) {
      const { socket, closed } = await open();
      const { _socket: tcp } = socket as unknown as { _socket: { write(data: Buffer): void; end(): void } };
      tcp.write(Buffer.from(bytes));
      tcp.end();
      socket.on('error', () => undefined);
      await closed;
    }
    expect(await bystander.ask('me')).to.include({ ok: true, id: alice.id });
  });
});
