import { randomUUID } from 'node:crypto';
import { Tokens } from '../../src/accounts/tokens.ts';
import type { Client } from '../support/clients.ts';
import { raw, rest, socketio } from '../support/clients.ts';
import { People, type Person } from '../support/people.ts';
import { type PostgreSql, startPostgresql } from '../support/postgresql.ts';
import { freePort } from '../support/processes.ts';
import { type Redis, startRedis } from '../support/redis.ts';
import { WITHOUT_FSYNC } from '../support/services.ts';
import { type Smtp, startSmtp } from '../support/smtp.ts';
import { type Node, startNode } from './node.ts';
import { pausePostgresql } from './pause-postgresql.ts';

const SECRET = 'a secret for tests that is long enough to be one';
const DAY_MS = 86_400_000;
/** As many rows as the arguments of one command may hold. */
const MOST_AT_ONCE = 500;

/** A user with a session, inserted into the database without a password or mail. */
export type Member = { readonly id: number; readonly username: string; readonly token: string };
type Speaker = Pick<Person, 'id' | 'token'>;
export type Wire = 'socketio' | 'polling' | 'raw';

export type Cluster = {
  readonly nodes: Node[];
  /** @throws Error if there are fewer */
  node(index: number): Node;
  readonly redis: Redis;
  readonly postgresql: PostgreSql & { pause(): void; resume(): void };
  /** Where the nodes' database is. */
  readonly databaseUrl: string;
  readonly smtp: Smtp;
  /** Adds a node, which is not configured with any other; `env` in addition to what all have. */
  add(env?: Record<string, string>): Promise<Node>;
  enroll(count: number): Promise<Member[]>;
  /** Users who signed up through a node, by mail. */
  people(node: Node): People;
  /** A client of a user on a node. It is closed with the cluster. */
  client(node: Node, who: Speaker, wire?: Wire): Promise<Client>;
  rest(node: Node, who: Speaker): Client;
  /** A group of these users, the first of whom is its admin. */
  group(node: Node, ...members: Speaker[]): Promise<number>;
  /** Rows as lists of texts. */
  query(sql: string): Promise<string[][]>;
  stop(): Promise<void>;
};

/**
 * Starts a Redis, a PostgreSQL and so many nodes, each a process of its own on a free port of 127.0.0.1. Skips the test
 * or suite where Redis or PostgreSQL is not installed; throws instead where `CI` is set.
 * @param env further variables of all nodes
 */
export async function startCluster(
  context: Mocha.Context,
  {
    nodes: count,
    redisSettings = [],
    env = {},
  }: { nodes: number; redisSettings?: readonly string[]; env?: Record<string, string> },
): Promise<Cluster> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const [redis, postgresql, smtp] = await Promise.all([
      startRedis(redisSettings),
      startPostgresql(WITHOUT_FSYNC),
      startSmtp(),
    ]);
    for (const each of [redis, postgresql, smtp]) if (each !== undefined) stops.push(() => each.stop());
    if (redis === undefined || postgresql === undefined) throw new Error('Redis or PostgreSQL is not installed');
    const cluster = await buildCluster({ redis, postgresql, smtp }, env, stops, stop);
    await Promise.all(Array.from({ length: count }, () => cluster.add()));
    return cluster;
  } catch (error) {
    await stop();
    if (process.env.CI || !String(error).includes('not installed')) throw error;
    process.stderr.write(`${error}: skipping the tests that need it\n`);
    return context.skip();
  }
}

async function buildCluster(
  { redis, postgresql: server, smtp }: { redis: Redis; postgresql: PostgreSql; smtp: Smtp },
  env: Record<string, string>,
  stops: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<Cluster> {
  const url = await server.createMigratedDatabase();
  const paused = pausePostgresql(server);
  // paused processes have to resume, or they could not be stopped
  stops.push(async () => Promise.all([redis.kill('SIGCONT'), paused.resume()]));
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
  const nodes: Node[] = [];
  const query = async (sql: string) => {
    const text = await server.query(url, sql);
    return text === '' ? [] : text.split('\n').map((line) => line.split('|'));
  };
  const connected = new Set<Client>();
  stops.push(async () => connected.forEach((client) => void client.close()));
  return {
    nodes,
    node(index) {
      const node = nodes[index];
      if (node === undefined) throw new Error(`there is no node ${index}`);
      return node;
    },
    redis,
    postgresql: Object.assign(server, paused),
    databaseUrl: url,
    smtp,
    async add(own = {}) {
      const node = await startNode({ ...common, ...own, HTTP_ADDR: `127.0.0.1:${await freePort()}` });
      nodes.push(node);
      stops.push(() => node.kill('SIGKILL'));
      return node;
    },
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
