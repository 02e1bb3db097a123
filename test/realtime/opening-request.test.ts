import { IncomingMessage } from 'node:http';
import * as v8 from 'node:v8';
import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import type { Client } from '../support/clients.ts';

const CONNECTIONS = 20;
/** Counts objects that are still in use: it collects the garbage first. `@types/node` does not have it. */
const { queryObjects } = v8 as unknown as { queryObjects(of: unknown): number };

describe('The request that a connection was opened with', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  for (const transport of ['socketio', 'raw'] as const) {
    it(`is let go of while the connection stays, over ${transport}`, async () => {
      const person = await app.person();
      const before = queryObjects(IncomingMessage);
      const clients: Client[] = [];
      for (let count = 0; count < CONNECTIONS; count += 1) clients.push(await person.client(transport));
      expect((await clients[0]?.ask('me'))?.ok).to.equal(true);
      expect(queryObjects(IncomingMessage) - before).to.be.below(CONNECTIONS / 4);
      for (const client of clients) client.close();
    });
  }
});
