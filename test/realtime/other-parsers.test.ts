import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { Manager } from 'socket.io-client';
import { openWebSocket, Polling, untilClosed } from '../attacks/engine.ts';
import { until } from '../attacks/tcp.ts';
import { type Node, startNode } from '../cluster/node.ts';
import { freshEnvironment } from '../support/app.ts';
import { freePort } from '../support/processes.ts';
import { limitMs } from '../support/soak.ts';

const WITHIN_MS = limitMs(2_000);
const LINE = /"msg":"Socket\.IO client cut/g;

/** A binary parser, like socket.io-msgpack-parser. */
class Encoder {
  encode(packet: object) {
    return [Buffer.from(JSON.stringify(packet))];
  }
}
class Decoder extends EventEmitter {
  add() {}
  destroy() {}
}

describe('A Socket.IO client with another parser than the default one', () => {
  let node: Node;
  let remove: () => Promise<void>;
  before(async () => {
    const fresh = await freshEnvironment('sqlite', { LOG_LEVEL: 'warn', TRUST_PROXY: '1' });
    remove = fresh.remove;
    node = await startNode({ ...fresh.env, HTTP_ADDR: `127.0.0.1:${await freePort()}` });
  });
  after(async () => {
    await node.kill('SIGKILL');
    await remove();
  });

  it('is disconnected at once, and logged once per minute', async () => {
    for (const transport of ['websocket', 'polling']) {
      const manager = new Manager(node.url, {
        transports: [transport],
        parser: { Encoder, Decoder },
        extraHeaders: { 'x-forwarded-for': '203.0.113.9' },
        reconnectionDelay: 10,
        reconnectionDelayMax: 20,
      });
      const socket = manager.socket('/chat', { auth: { token: 'x' } });
      let closed = 0;
      manager.on('close', () => (closed += 1));
      await until(() => closed >= 3, WITHIN_MS, 'the client was cut three times');
      socket.disconnect();
    }
    const text = await openWebSocket(node.url);
    text.send('4{"type":0,"nsp":"/chat"}');
    expect((await untilClosed(text)).code).to.equal(1003);
    const polling = await Polling.open(node.url);
    await polling.post('bAAAA');
    expect(await polling.poll()).to.equal(undefined);
    expect(node.output().match(LINE)).to.have.length(1);
    expect(node.output()).to.include('"address":"203.0.113.9"');
  });
});
