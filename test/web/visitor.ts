import { expect } from 'chai';
import type { BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import type { Person } from '../support/people.ts';
import { requireChromium } from '../support/services.ts';

export const DESK = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };
const WITHIN_MS = 8_000;

/** Somebody with a browser of their own, in which nothing may go wrong that is not said to be expected. */
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
    const context = await browser.newContext({ baseURL: url, viewport: DESK, ...options });
    const visitor = new Visitor(context, await context.newPage());
    await visitor.page.goto('/');
    return visitor;
  }

  /** With the cookie of somebody who has logged in already. */
  static async as(test: Mocha.Context, { url }: { url: string }, person: Person, options: BrowserContextOptions = {}) {
    const visitor = await Visitor.open(test, url, {
      ...options,
      storageState: { origins: [], cookies: [cookieOf(person, url)] },
    });
    await visitor.at('navigation', 'Conversations').waitFor();
    return visitor;
  }

  /** Says that a message like this may be in the console: what the browser itself says of a server that is away. */
  expectInConsole(...patterns: RegExp[]): void {
    this.#expected = [...this.#expected, ...patterns];
  }

  at(role: Parameters<Page['getByRole']>[0], name: string | RegExp): Locator {
    return this.page.getByRole(role, { name, ...(typeof name === 'string' && { exact: true }) });
  }

  text(text: string | RegExp): Locator {
    return this.page.getByText(text);
  }

  /** A message that is on the page, by what it says. */
  message(content: string): Locator {
    return this.page.locator('.message', { has: this.page.locator('.words', { hasText: content }) });
  }

  async openConversation(title: string): Promise<void> {
    await this.page.locator('nav a.row', { has: this.page.getByText(title, { exact: true }) }).click();
    await this.at('textbox', 'Message').waitFor();
  }

  async send(content: string): Promise<void> {
    await this.at('textbox', 'Message').fill(content);
    await this.at('textbox', 'Message').press('Enter');
  }

  /** Waits until a message of one's own has come as far as this: `Sent`, `Read`, … */
  async sees(content: string, state: string | RegExp): Promise<void> {
    await this.message(content).last().locator('.state', { hasText: state }).waitFor({ state: 'attached' });
  }

  async choose(content: string, action: string): Promise<void> {
    await this.message(content).hover();
    await this.message(content)
      .getByRole('button', { name: /^Actions/ })
      .click();
    await this.at('menuitem', action).click();
  }

  /** Fails if anything went wrong on the page: an exception, an error, or something that the page's policy forbids. */
  mustBeWell(): void {
    const unexpected = this.#problems.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
    expect(unexpected).to.deep.equal([]);
  }

  async close(): Promise<void> {
    await this.context.close();
    this.mustBeWell();
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
