import { type Client, raw, rest, type SocketOptions, socketio } from './clients.ts';
import type { Smtp } from './smtp.ts';

/** A user with an account, and clients of that user. */
export type Person = {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
  /** The session cookie, as a browser would send it back. */
  readonly cookie: string;
  readonly rest: Client;
  socketio(options?: SocketOptions): Promise<Client>;
  raw(): Promise<Client>;
  /** A client by the name of its transport, for tests that are the same on all transports. */
  client(transport: Client['transport']): Promise<Client>;
};

const PASSWORD = 'StrongPassword123';

export async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** The one-time code in an e-mail. */
export function codeIn(text: string): string {
  const code = /^\d{4,10}$/m.exec(text)?.[0];
  if (code === undefined) throw new Error(`no code in: ${text}`);
  return code;
}

/** The users of one server. */
export class People {
  readonly #url: string;
  readonly #smtp: Smtp;
  readonly #clients = new Set<Client>();
  #count = 0;

  constructor(url: string, smtp: Smtp) {
    this.#url = url;
    this.#smtp = smtp;
  }

  async signUp(name = 'user'): Promise<Person> {
    this.#count += 1;
    const username = `${name}${this.#count}`;
    const account = { username, email: `${username}@example.com`, password: PASSWORD };
    const initiated = await post(`${this.#url}/api/signup/initiate`, account);
    if (initiated.status !== 200) throw new Error(`signing up failed: ${await initiated.text()}`);
    const otp = codeIn((await this.#smtp.next(account.email)).text);
    return this.#personOf(account, await post(`${this.#url}/api/signup/verify`, { ...account, otp }));
  }

  /** Logs a user in again: another session of the same user. */
  async logIn({ username, email, password }: Pick<Person, 'username' | 'email' | 'password'>): Promise<Person> {
    return this.#personOf({ username, email, password }, await post(`${this.#url}/api/login`, { username, password }));
  }

  closeClients(): void {
    for (const client of this.#clients) client.close();
  }

  async #personOf(account: { username: string; email: string; password: string }, response: Response): Promise<Person> {
    const body = (await response.json()) as { user_id: number };
    if (response.status !== 200) throw new Error(`no account: ${JSON.stringify(body)}`);
    const cookie = (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const token = cookie.slice('token='.length);
    const url = this.#url;
    const kept = async (client: Promise<Client>) => {
      this.#clients.add(await client);
      return client;
    };
    const person = {
      id: body.user_id,
      ...account,
      token,
      cookie,
      rest: rest(url, token),
      socketio: (options?: SocketOptions) => kept(socketio(url, token, options)),
      raw: () => kept(raw(url, token)),
    };
    const client = (transport: Client['transport']) =>
      transport === 'rest' ? Promise.resolve(person.rest) : person[transport]();
    return { ...person, client };
  }
}
