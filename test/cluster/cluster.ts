import { randomUUID } from 'node:crypto';
import { Tokens } from '../../src/accounts/tokens.ts';
import type { Client } from '../support/clients.ts';
import { raw, rest, socketio } from '../support/clients.ts';
import { People, type Person } from '../support/people.ts';
import { freePort } from '../support/processes.ts';
import { type ClusterServices, clusterServices, type ServiceOptions, type Stops } from './cluster-services.ts';
import { type ClusterNode, type Node, startNode, startNodeHere } from './node.ts';

const SECRET = 'a secret for tests that is long enough to be one';
const DAY_MS = 86_400_000;
/** As many rows as the arguments of one command may hold. */
const MOST_AT_ONCE = 500;

/** A user with a session, inserted into the database without a password or mail. */
export type Member = { readonly id: number; readonly username: string; readonly token: string };
type Speaker = Pick<Person, 'id' | 'token'>;
export type Wire = 'socketio' | 'polling' | 'raw';

export type Cluster = ClusterServices & {
  /** All of them, those in this process before those that were started with them. */
  readonly nodes: ClusterNode[];
  /** Those of them that are processes of their own. */
  readonly processes: Node[];
  /** @throws Error if there are fewer */
  node(index: number): ClusterNode;
  /** @throws Error if there are fewer */
  process(index: number): Node;
  /** Where the nodes' database is. */
  readonly databaseUrl: string;
  /** Adds a node in a process of its own, which is not configured with any other; `env` in addition to what all have. */
  add(env?: Record<string, string>): Promise<Node>;
  /** Adds one in this process. */
  addHere(env?: Record<string, string>): Promise<ClusterNode>;
  enroll(count: number): Promise<Member[]>;
  /** Users who signed up through a node, by mail. */
  people(node: ClusterNode): People;
  /** A client of a user on a node. It is closed with the cluster. */
  client(node: ClusterNode, who: Speaker, wire?: Wire): Promise<Client>;
  rest(node: ClusterNode, who: Speaker): Client;
  /** A group of these users, the first of whom is its admin. */
  group(node: ClusterNode, ...members: Speaker[]): Promise<number>;
  /** Rows as lists of texts. */
  query(sql: string): Promise<string[][]>;
  stop(): Promise<void>;
};

type ClusterOptions = ServiceOptions & {
  /** How many nodes run in this process: those that the test neither ends, pauses nor measures. */
  readonly here?: number;
  /** How many are processes of their own. */
  readonly processes?: number;
  /** Further variables of all nodes. */
  readonly env?: Record<string, string>;
};

/**
 * Starts so many nodes, each on a free port of 127.0.0.1, which share a Redis and a database on PostgreSQL. Skips the test
 * or suite where Redis or PostgreSQL is not installed; throws instead where `CI` is set.
 */
export async function startCluster(
  context: Mocha.Context,
  { here = 0, processes = 0, env = {}, ...options }: ClusterOptions = {},
): Promise<Cluster> {
  const stops: Stops = [];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const cluster = await buildCluster(await clusterServices(context, options, stops), env, stops, stop);
    for (let index = 0; index < here; index += 1) await cluster.addHere();
    await Promise.all(Array.from({ length: processes }, () => cluster.add()));
    return cluster;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function buildCluster(
  services: ClusterServices,
  env: Record<string, string>,
  stops: Stops,
  stop: () => Promise<void>,
): Promise<Cluster> {
  const { redis, postgresql, smtp } = services;
  const url = await postgresql.createMigratedDatabase();
  const common = {
    NODE_ENV: 'test',
    JWT_SECRET: SECRET,
    RATE_LIMITS: 'off',
    MAX_CONNECTIONS_PER_USER: '10000',
    BCRYPT_COST: '4',
    LOG_LEVEL: 'warn',
    DATABASE_URL: url,
    REDIS_URL: redis.url,
    SMTP_URL: smtp.url,
    MAIL_FROM: 'MmChat <chat@example.com>',
    ...env,
  };
  const nodes: ClusterNode[] = [];
  const processes: Node[] = [];
  const query = async (sql: string) => {
    const text = await postgresql.query(url, sql);
    return text === '' ? [] : text.split('\n').map((line) => line.split('|'));
  };
  const connected = new Set<Client>();
  async function start<Kind extends ClusterNode>(startIt: (env: Record<string, string>) => Promise<Kind>, own = {}) {
    const node = await startIt({ ...common, HTTP_ADDR: `127.0.0.1:${await freePort()}`, ...own });
    nodes.push(node);
    stops.push(async () => {
      for (const client of connected) client.close(); // a node in this process waits for them
      await node.stop();
    });
    return node;
  }
  return {
    ...services,
    nodes,
    processes,
    node: (index) => nodes[index] ?? missing(index),
    process: (index) => processes[index] ?? missing(index),
    databaseUrl: url,
    async add(own) {
      const node = await start(startNode, own);
      processes.push(node);
      return node;
    },
    addHere: (own) => start(startNodeHere, own),
    async enroll(howMany) {
      const members: Member[] = [];
      while (members.length < howMany)
        members.push(...(await enroll(query, Math.min(howMany - members.length, MOST_AT_ONCE))));
      return members;
    },
    people: (node) => new People(node.url, smtp),
    async client(node, who, wire = 'raw') {
      const client = await connect(node.url, who.token, wire);
      connected.add(client);
      return client;
    },
    rest: (node, who) => rest(node.url, who.token),
    async group(node, creator, ...members) {
      const member_ids = members.map(({ id }) => id);
      const made = await rest(node.url, creator.token).ask('create_group', { name: 'Study Group', member_ids });
      if (!made.ok) throw new Error(`no group: ${JSON.stringify(made)}`);
      return made.conversation_id;
    },
    query,
    stop,
  };
}

function missing(index: number): never {
  throw new Error(`there is no node ${index}`);
}

const connect = (url: string, token: string, wire: Wire): Promise<Client> =>
  wire === 'raw' ? raw(url, token) : socketio(url, token, wire === 'polling' ? { transports: ['polling'] } : {});

let enrolled = 0;

async function enroll(query: Cluster['query'], count: number): Promise<Member[]> {
  const tokens = new Tokens(SECRET);
  const [now, expiresAt] = [Date.now(), Date.now() + DAY_MS];
  const names = Array.from({ length: count }, () => {
    enrolled += 1;
    return `member${enrolled}`;
  });
  const rows = names.map((name) => `('${name}', '${name}', '${name}@x.org', '${name}@x.org', '', ${now}, ${now})`);
  const ids = await query(`insert into users
    (username, username_key, email, email_key, password_hash, last_seen, created_at) values ${rows} returning id`);
  const members = names.map((username, index) => {
    const [id, sessionId] = [Number(ids[index]?.[0]), randomUUID()];
    return { id, username, sessionId, token: tokens.issue({ userId: id, sessionId, expiresAt }) };
  });
  const sessions = members.map(({ id, sessionId }) => `('${sessionId}', ${id}, ${now}, ${expiresAt})`);
  await query(`insert into sessions (id, user_id, created_at, expires_at) values ${sessions}`);
  return members;
}
