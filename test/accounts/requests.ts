import { readConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import type { TestApp } from '../support/app.ts';
import { codeIn, post } from '../support/people.ts';

export const PASSWORD = 'StrongPassword123';

// biome-ignore lint/suspicious/noExplicitAny: bodies differ by endpoint, and a wrong shape shows in the assertion
export type Reply = { status: number; headers: Headers; body: any };

/** Sends a POST and parses the JSON answer. */
export async function ask(app: { url: string }, path: string, body: object = {}, headers = {}): Promise<Reply> {
  const response = await post(`${app.url}/api/${path}`, body, headers);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** A new, unique account. */
export function newAccount(name = 'user') {
  count += 1;
  const username = `${name}-${count}`;
  return { username, email: `${username}@example.com`, password: PASSWORD };
}
let count = 0;

/** Requests a code and reads it from the e-mail. */
export async function codeFor(app: TestApp, path: 'signup' | 'forgot', account: { email: string }): Promise<string> {
  const { status, body } = await ask(app, `${path}/initiate`, account);
  if (status !== 200) throw new Error(`no code: ${JSON.stringify(body)}`);
  return codeIn((await app.smtp.next(account.email)).text);
}

/** A different code of the same length. */
export const wrong = (code: string) => String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');

/** Runs queries on the server’s database over a separate connection. */
export async function withDatabase<T>(app: TestApp, look: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(readConfig(app.env).database);
  try {
    return await look(database);
  } finally {
    await database.close();
  }
}
