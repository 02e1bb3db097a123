import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { createHttpServer, HTTP_TIME_LIMITS } from '../../src/transports/http/http-server.ts';
import { answerOn, connectTo, requestText } from './tcp.ts';

/** How many times shorter than the real timeouts. */
const QUICKER = 30;
/** Tolerance for a busy machine. */
const LATE_MS = 2_000;
const LIMITS = {
  headersTimeout: HTTP_TIME_LIMITS.headersTimeout / QUICKER,
  requestTimeout: HTTP_TIME_LIMITS.requestTimeout / QUICKER,
  keepAliveTimeout: 1_000,
  connectionsCheckingInterval: 20,
};

describe('A slow client', () => {
  let server: Server;
  let url: string;
  before(async () => {
    server = createHttpServer(LIMITS);
    server.on('request', async (request, response) => {
      for await (const _ of request);
      if (request.url === '/poll') await delay(LIMITS.requestTimeout * 1.5);
      response.end('answered');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  /** The answer to an incomplete request, and after how long. */
  async function answered(text: string): Promise<{ answer: string; ms: number }> {
    const socket = await connectTo(url);
    const began = performance.now();
    socket.write(text);
    const answer = await answerOn(socket);
    socket.destroy();
    return { answer, ms: performance.now() - began };
  }

  it('has 15 s for the head of a request, 30 s for the whole request, and at least 75 s between two', () => {
    const unopened = createHttpServer();
    expect(unopened).to.include({ headersTimeout: 15_000, requestTimeout: 30_000 });
    expect(unopened.keepAliveTimeout).to.be.at.least(75_000);
  });

  it('is disconnected if the head of a request, or any data, does not come', async () => {
    const { headersTimeout } = LIMITS;
    for (const text of ['', 'GET / HTTP/1.1\r\nHost: x\r\nX-A: ']) {
      const { answer, ms } = await answered(text);
      expect(answer.split('\r\n')[0], text).to.be.oneOf(['', 'HTTP/1.1 408 Request Timeout']);
      expect(ms, text).to.be.within(headersTimeout - 20, headersTimeout + LATE_MS);
    }
  });

  it('is disconnected if the body of a request does not come', async () => {
    const { answer, ms } = await answered(requestText('POST /', { 'content-length': '10' }, '12345'));
    expect(answer).to.match(/^HTTP\/1\.1 408 /);
    expect(ms).to.be.within(LIMITS.requestTimeout - 20, LIMITS.requestTimeout + LATE_MS);
  });

  it('may wait for an answer for longer than for sending a request, as in a long poll', async () => {
    expect(await (await fetch(`${url}/poll`)).text()).to.equal('answered');
  });
});
