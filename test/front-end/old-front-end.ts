import { expect } from 'chai';
import type { BrowserContext, Locator, Page } from 'playwright-core';
import { codeIn } from '../support/people.ts';
import { requireChromium } from '../support/services.ts';
import type { Smtp } from '../support/smtp.ts';

/** Only ends a wait in vain. */
const WITHIN_MS = 60_000;
const PASSWORD = 'StrongPassword123';
/** The browser reports refused requests, and connections that end with the server. */
const EXPECTED =
  /401 \(Unauthorized\)|status of 401|ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_FAILED|WebSocket connection|CORS policy|503/;

/** A user with a browser in which the front end is open. */
export class OldFrontEnd {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #smtp: Smtp;
  readonly username: string;
  readonly email: string;
  password = PASSWORD;
  readonly #problems: string[] = [];

  private constructor(context: BrowserContext, page: Page, smtp: Smtp, username: string) {
    this.page = page;
    this.#context = context;
    this.#smtp = smtp;
    this.username = username;
    this.email = `${username}@example.com`;
    page.setDefaultTimeout(WITHIN_MS);
    page.on('pageerror', (error) => this.#problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED.test(message.text())) this.#problems.push(message.text());
    });
  }

  /** @param url of the front end, with the address of the server */
  static async open(test: Mocha.Context, url: string, smtp: Smtp, username: string): Promise<OldFrontEnd> {
    const { browser } = await requireChromium(test);
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const frontEnd = new OldFrontEnd(context, await context.newPage(), smtp, username);
    await frontEnd.page.goto(url);
    return frontEnd;
  }

  async signUp(): Promise<void> {
    const { username, email, password } = this;
    await this.#fill({ 'New username': username, 'New e-mail': email, 'New password': password });
    await this.#press('Send code');
    await this.#fill({ Code: await this.#code() });
    await this.#press('Sign up');
    await this.isConnected();
  }

  async logIn(): Promise<void> {
    await this.#fill({ Username: this.username, Password: this.password });
    await this.#press('Log in');
    await this.isConnected();
  }

  async logOut(): Promise<void> {
    await this.#press('Log out');
    await this.page.locator('#account').waitFor();
  }

  async resetPassword(password: string): Promise<void> {
    await this.#fill({ 'E-mail': this.email });
    await this.#press('Send reset code');
    await this.#fill({ 'Reset code': await this.#code(), 'Next password': password });
    const reset = this.page.waitForResponse(/forgot\/reset$/);
    await this.#press('Reset password');
    expect((await reset).status()).to.equal(200);
    this.password = password;
  }

  async isConnected(): Promise<void> {
    await this.page.locator('#connection', { hasText: 'connected' }).waitFor();
  }

  async openPrivateChat(username: string): Promise<void> {
    await this.#fill({ Search: username });
    await this.#press('Search');
    await this.page.locator('#found li', { hasText: username }).click();
    await this.page.locator('#conversation h2', { hasText: username }).waitFor();
  }

  async createGroup(name: string, memberIds: readonly number[]): Promise<void> {
    await this.#fill({ 'Group name': name, 'Member ids': memberIds.join(',') });
    await this.#press('Create group');
    await this.page.locator('#conversation h2', { hasText: name }).waitFor();
  }

  async addMember(id: number): Promise<void> {
    await this.#fill({ 'New member': String(id) });
    await this.#press('Add member');
  }

  async removeMember(id: number): Promise<void> {
    await this.page.locator(`#members li[data-id="${id}"] button`).click();
  }

  async openConversation(name: string): Promise<void> {
    await this.conversation(name).click();
    await this.page.locator('#conversation h2', { hasText: name }).waitFor();
  }

  /** A conversation in the list, by its name and what else it shows. */
  conversation(name: string, shows = ''): Locator {
    const named = this.page.locator('#conversations li', { has: this.page.locator('b', { hasText: name }) });
    return named.filter({ hasText: shows });
  }

  async type(text: string): Promise<void> {
    await this.page.getByLabel('Message').pressSequentially(text);
  }

  async send(text: string): Promise<void> {
    await this.#fill({ Message: text });
    await this.#press('Send');
    await this.message(text).waitFor();
  }

  async edit(text: string, to: string): Promise<void> {
    this.page.once('dialog', (dialog) => void dialog.accept(to));
    await this.message(text).getByRole('button', { name: 'Edit' }).click();
    await this.message(to).waitFor();
  }

  message(text: string, status?: string): Locator {
    const suffix = status === undefined ? '' : `[data-status="${status}"]`;
    return this.page.locator(`#messages li${suffix}`, { hasText: text });
  }

  systemMessage(text: string): Locator {
    return this.page.locator('#messages li.system', { hasText: text });
  }

  async waitForText(selector: string, text: string): Promise<void> {
    await this.page.locator(selector, { hasText: text }).waitFor();
  }

  async choosePicture(name: string, mimeType: string, buffer: Buffer): Promise<void> {
    const stored = this.page.waitForResponse((response) => response.request().method() === 'PUT');
    await this.page.getByLabel('Picture').setInputFiles({ name, mimeType, buffer });
    expect((await stored).status()).to.equal(200);
  }

  /** The source of the picture of a conversation, once the browser has drawn it. */
  async pictureOf(name: string): Promise<string> {
    const picture = this.conversation(name).locator('img');
    await picture.waitFor({ state: 'attached' });
    await picture.evaluate((image: { decode(): Promise<void> }) => image.decode());
    return (await picture.getAttribute('src')) ?? '';
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.isConnected();
  }

  cookies() {
    return this.#context.cookies();
  }

  async close(): Promise<void> {
    await this.#context.close();
    expect(this.#problems).to.deep.equal([]);
  }

  /** The id of this user, as the page reads it. */
  async id(api: string): Promise<number> {
    return this.page.evaluate(async (url) => {
      const response = await fetch(`${url}/api/me`, { credentials: 'include' });
      return ((await response.json()) as { id: number }).id;
    }, api);
  }

  async #code(): Promise<string> {
    return codeIn((await this.#smtp.next(this.email)).text);
  }

  async #fill(fields: Record<string, string>): Promise<void> {
    for (const [label, text] of Object.entries(fields)) await this.page.getByLabel(label, { exact: true }).fill(text);
  }

  async #press(name: string): Promise<void> {
    await this.page.getByRole('button', { name, exact: true }).click();
  }
}
