import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { until } from '../cluster/waiting.ts';
import { type Program, startProgram } from '../config/program.ts';
import { numbersOf } from '../operating/operator.ts';
import { type DatabaseKind, freshEnvironment } from '../support/app.ts';
import type { Client } from '../support/clients.ts';
import { People, type Person } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import type { Smtp } from '../support/smtp.ts';

export const WIRES = ['websocket', 'polling', 'raw'] as const;
type Wire = (typeof WIRES)[number];

/** A server with two workers, started as a user would. */
export type Server = Program & {
  readonly people: People;
  readonly smtp: Smtp;
  /** The workers' process ids. */
  workers(): number[];
  /** Opens a client, and says in which worker its connection is. */
  open(who: Person, wire: Wire): Promise<{ client: Client; place: string }>;
  /** Clients of somebody's over one transport, until there is one in each worker. */
  spread(who: Person, wire: Wire): Promise<Client[]>;
  end(): Promise<void>;
};

export async function startServer(kind: DatabaseKind = 'sqlite', overrides: Record<string, string> = {}) {
  const { env, smtp, remove } = await freshEnvironment(kind, { WORKERS: '2', ...overrides });
  const folder = makeTemporaryFolder('workers');
  const program = await startProgram(folder, env);
  const people = new People(program.url, smtp);
  const { open, spread } = opening(program.url);
  const server: Server = {
    ...program,
    people,
    smtp,
    workers: () => childrenOf(program.pid),
    open,
    spread,
    async end() {
      people.closeClients();
      await program.stop();
      await remove();
      removeTemporaryFolder(folder);
    },
  };
  return server;
}

const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

function opening(url: string) {
  /** How many connections of a kind each worker has. */
  async function counts(wire: Wire): Promise<Map<string, number>> {
    const numbers = await numbersOf(url);
    const found = [...numbers].flatMap(([name, value]) => {
      const place = new RegExp(`^mmchat_connections\\{transport="${wire}",worker="(\\d)"\\}$`).exec(name)?.[1];
      return place === undefined ? [] : [[place, value] as const];
    });
    return new Map(found);
  }
  const connect = (who: Person, wire: Wire) => (wire === 'raw' ? who.raw() : who.socketio({ transports: [wire] }));

  async function open(who: Person, wire: Wire) {
    const before = await counts(wire);
    const client = await connect(who, wire);
    let place: string | undefined;
    await until('its worker counts it', async () => {
      place = [...(await counts(wire))].find(([each, value]) => value > (before.get(each) ?? 0))?.[0];
      return place !== undefined;
    });
    return { client, place: place ?? '' };
  }
  async function spread(who: Person, wire: Wire): Promise<Client[]> {
    const clients: Client[] = [];
    const places = new Set<string>();
    while (places.size < 2) {
      const { client, place } = await open(who, wire);
      clients.push(client);
      places.add(place);
    }
    return clients;
  }
  return { open, spread };
}

type Answer = { status: number; headers: Record<string, unknown>; body: string };

/** A request on a connection of its own, so that workers get them in turn. */
export function askAnew(
  url: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': `${Buffer.byteLength(body)}` };
    const asking = request(url, { method, agent: false, headers: { ...headers, ...length } }, async (response) =>
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: await text(response) }),
    );
    asking.on('error', reject).end(body);
  });
}

/** The same in JSON, as somebody. */
export const askJson = (url: string, body: object, { token }: { token?: string } = {}) =>
  askAnew(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
