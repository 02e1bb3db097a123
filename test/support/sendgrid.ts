import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

type SendGridRequest = { readonly authorization: string | undefined; readonly body: unknown };

export type SendGrid = {
  /** Replaces https://api.sendgrid.com. */
  readonly url: string;
  /** The requests, oldest first. */
  readonly requests: readonly SendGridRequest[];
  stop(): Promise<void>;
};

/**
 * Starts a server with SendGrid's API on a free port of 127.0.0.1. `POST /v3/mail/send` records the request and answers 202,
 * as documented at https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send; a body that is not JSON gets 400,
 * any other request 404.
 */
export async function startSendGrid(): Promise<SendGrid> {
  const requests: SendGridRequest[] = [];

  async function answer(request: IncomingMessage): Promise<number> {
    if (request.method !== 'POST' || request.url !== '/v3/mail/send') return 404;
    try {
      requests.push({ authorization: request.headers.authorization, body: await json(request) });
      return 202;
    } catch {
      return 400;
    }
  }

  const server = createServer(async (request, response) => {
    response.writeHead(await answer(request)).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo; // a string only for a Unix socket

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
