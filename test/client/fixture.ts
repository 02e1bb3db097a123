import { type Chat, type ChatOptions, connect } from '../../packages/client/src/client.ts';
import { startApp, type TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import { openProxy, type TcpProxy } from './proxy.ts';

/** A server, and clients of it that are closed after each test. */
export type Fixture = {
  readonly app: TestApp;
  chat(user: Person, options?: ChatOptions): Chat;
  /** A network of its own between a client and the server. */
  proxy(): Promise<TcpProxy>;
};

/** Starts a server for the tests of a suite. */
export function useFixture(overrides: Record<string, string> = {}): Fixture {
  const chats: Chat[] = [];
  const proxies: TcpProxy[] = [];
  let app: TestApp;
  before(async () => {
    app = await startApp('sqlite', overrides);
  });
  afterEach(async () => {
    for (const chat of chats.splice(0)) chat.close();
    for (const proxy of proxies.splice(0)) await proxy.stop();
  });
  after(() => app?.stop());
  return {
    get app() {
      return app;
    },
    chat(user, options) {
      const chat = connect({ url: app.url, token: user.token, random: () => 0, ...options });
      chats.push(chat);
      return chat;
    },
    async proxy() {
      const proxy = await openProxy(Number(new URL(app.url).port));
      proxies.push(proxy);
      return proxy;
    },
  };
}
