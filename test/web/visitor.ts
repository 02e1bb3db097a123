import { expect } from 'chai';
import type { BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import type { Person } from '../support/people.ts';
import { requireChromium } from '../support/services.ts';

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };
const WITHIN_MS = 20_000;

/** A user with a browser of their own, in which any unexpected problem fails the test. */
export class Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly #problems: string[] = [];
  #expected: RegExp[] = [];

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.#problems.push(message.text());
    });
    page.on('pageerror', (error) => this.#problems.push(String(error)));
    page.setDefaultTimeout(WITHIN_MS);
  }

  static async open(test: Mocha.Context, url: string, options: BrowserContextOptions = {}): Promise<Visitor> {
    const { browser } = await requireChromium(test);
    const context = await browser.newContext({ baseURL: url, viewport: DESKTOP, ...options });
    const visitor = new Visitor(context, await context.newPage());
    await visitor.page.goto('/');
    return visitor;
  }

  /** Opens the page with the cookie of a user who is logged in. */
  static async as(test: Mocha.Context, { url }: { url: string }, person: Person, options: BrowserContextOptions = {}) {
    const visitor = await Visitor.open(test, url, {
      ...options,
      storageState: { origins: [], cookies: [cookieOf(person, url)] },
    });
    await visitor.at('navigation', 'Conversations').waitFor();
    return visitor;
  }

  /** Allows messages in the console, such as the browser's own about an unreachable server. */
  expectInConsole(...patterns: RegExp[]): void {
    this.#expected = [...this.#expected, ...patterns];
  }

  at(role: Parameters<Page['getByRole']>[0], name: string | RegExp): Locator {
    return this.page.getByRole(role, { name, ...(typeof name === 'string' && { exact: true }) });
  }

  text(text: string | RegExp): Locator {
    return this.page.getByText(text);
  }

  /** A message on the page, by its content. */
  message(content: string): Locator {
    return this.page.locator('.message', { has: this.page.locator('.message-text', { hasText: content }) });
  }

  async openConversation(title: string): Promise<void> {
    await this.page.locator('nav a.row', { has: this.page.getByText(title, { exact: true }) }).click();
    await this.at('textbox', 'Message').waitFor();
  }

  async send(content: string): Promise<void> {
    await this.at('textbox', 'Message').fill(content);
    await this.at('textbox', 'Message').press('Enter');
  }

  /** Waits until a message of this user has a status: `Sent`, `Read`, … */
  async waitForStatus(content: string, state: string | RegExp): Promise<void> {
    await this.message(content).last().locator('.delivery-status', { hasText: state }).waitFor({ state: 'attached' });
  }

  async choose(content: string, action: string): Promise<void> {
    await this.message(content).hover();
    await this.message(content)
      .getByRole('button', { name: /^Actions/ })
      .click();
    await this.at('menuitem', action).click();
  }

  /** Fails if there was a problem on the page: an exception, an error, or a violation of its policy. */
  expectNoProblems(): void {
    const unexpected = this.#problems.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
    expect(unexpected).to.deep.equal([]);
  }

  async close(): Promise<void> {
    await this.context.close();
    this.expectNoProblems();
  }
}

const cookieOf = ({ token }: Person, url: string) => ({
  name: 'token',
  value: token,
  domain: new URL(url).hostname,
  path: '/',
  expires: -1,
  httpOnly: true,
  secure: false,
  sameSite: 'Lax' as const,
});
