import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { expect } from 'chai';
import Koa from 'koa';
import { ChatError } from '../../src/errors.ts';
import { jsonBody } from '../../src/transports/json-body.ts';

describe('A body that breaks off', () => {
  it('is malformed, and is not waited for any longer', async () => {
    const { promise: seen, resolve } = Promise.withResolvers<unknown>();
    const koa = new Koa().use((ctx) => jsonBody(ctx, async () => undefined).catch(resolve));
    koa.silent = true; // what it would print is what is tested
    const server = koa.listen(0);
    const socket = connect((server.address() as AddressInfo).port);
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a"');
    await once(server, 'request');
    socket.destroy();
    expect(await seen)
      .to.be.instanceOf(ChatError)
      .and.include({ code: 'invalid_json' });
    server.close();
  });
});
