import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from 'redis';
import {
  findBinary,
  freePort,
  makeTemporaryFolder,
  type RunningProcess,
  removeTemporaryFolder,
  startProcess,
} from '../support/processes.ts';
import { until } from './until.ts';

const PASSWORD = 'a password of Redis';
const NODE_TIMEOUT_MS = 1_000;
const SLOTS = 16_384;
const MASTERS = 3;

/** Several servers that replace each other. */
export type SeveralRedis = {
  /** For REDIS_URL. */
  readonly url: string;
  /**
   * Kills the server that carries the nodes' messages; resolves when another has replaced it.
   * @param installationId is part of the name of every channel, which decides where it is in a Redis Cluster
   */
  failOver(installationId: string): Promise<void>;
  stop(): Promise<void>;
};
type Member = Server & { busPort: number };
type Server = { port: number; process: RunningProcess; ask(...command: string[]): Promise<unknown> };

/** A Redis Cluster of three masters, each with a replica. */
export async function startRedisCluster(): Promise<SeveralRedis> {
  const { start, stop } = servers();
  const all = await Promise.all(Array.from({ length: 2 * MASTERS }, async () => start(await clusterSettings())));
  const [first, ...others] = all as never as [Member, ...Member[]]; // six of them
  const [masters, replicas] = [all.slice(0, MASTERS), all.slice(MASTERS)];
  for (const [index, master] of masters.entries()) {
    const [from, to] = [index, index + 1].map((part) => Math.floor((part * SLOTS) / masters.length));
    await master.ask('CLUSTER', 'ADDSLOTSRANGE', `${from}`, `${(to ?? 0) - 1}`);
  }
  for (const { port, busPort } of others) await first.ask('CLUSTER', 'MEET', '127.0.0.1', `${port}`, `${busPort}`);
  const everybodyKnows = async () => (await Promise.all(all.map(knownBy))).every((count) => count === all.length);
  await until('all know each other', everybodyKnows, 10_000);
  for (const [index, replica] of replicas.entries())
    await replica.ask('CLUSTER', 'REPLICATE', String(await masters[index]?.ask('CLUSTER', 'MYID')));
  const areReplicas = async () =>
    (await Promise.all(replicas.map(roleOf))).every((role) => role.includes('master_link_status:up'));
  await until('they are replicas', areReplicas, 10_000);
  const isWhole = async () => String(await first.ask('CLUSTER', 'INFO')).includes('cluster_state:ok');
  await until('the cluster is whole', isWhole, 10_000);
  return {
    url: `redis+cluster://:${encodeURIComponent(PASSWORD)}@${masters.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    async failOver(installationId) {
      const slot = Number(await first.ask('CLUSTER', 'KEYSLOT', `{mmchat:${installationId}}`));
      const carrier = Math.floor((slot * MASTERS) / SLOTS);
      await masters[carrier]?.process.kill('SIGKILL');
      await until('the replica is the master', () => isMaster(replicas[carrier] as Server), 15_000);
    },
    stop,
  };
}

/** A master, a replica, and three Sentinels that watch them. */
export async function startSentinels(): Promise<SeveralRedis> {
  const { start, startSentinel, stop } = servers();
  const master = await start([]);
  const replica = await start(['--replicaof', `127.0.0.1 ${master.port}`]);
  await until('it is a replica', async () => (await roleOf(replica)).includes('master_link_status:up'), 10_000);
  const sentinels = await Promise.all(Array.from({ length: 3 }, () => startSentinel(master.port)));
  const knows = async (sentinel: Server) => {
    const info = String(await sentinel.ask('INFO', 'sentinel'));
    return info.includes('slaves=1') && info.includes('sentinels=3');
  };
  await until('they know each other', async () => (await Promise.all(sentinels.map(knows))).every(Boolean), 15_000);
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
  const password = encodeURIComponent(PASSWORD);
  return {
    url: `redis+sentinel://:${password}@${hosts}/chat?sentinel_password=${password}`,
    async failOver() {
      await master.process.kill('SIGKILL');
      await until('the replica is the master', () => isMaster(replica), 15_000);
    },
    stop,
  };
}

const knownBy = async (server: Server) =>
  Number(/cluster_known_nodes:(\d+)/.exec(String(await server.ask('CLUSTER', 'INFO')))?.[1]);
/** Not yet, while it cannot be asked: Sentinels cut all clients of the one that they appoint. */
const isMaster = (server: Server) =>
  roleOf(server).then(
    (role) => role.includes('role:master'),
    () => false,
  );
const roleOf = async (server: Server) => String(await server.ask('INFO', 'replication'));

async function clusterSettings(): Promise<string[]> {
  const timing = ['--cluster-node-timeout', `${NODE_TIMEOUT_MS}`, '--cluster-replica-validity-factor', '0'];
  return ['--cluster-enabled', 'yes', '--cluster-port', `${await freePort()}`, ...timing];
}

function servers() {
  const binary = findBinary('redis-server') ?? 'redis-server';
  const stops: (() => Promise<void>)[] = [];
  const common = ['--bind', '127.0.0.1', '--requirepass', PASSWORD];

  async function run(args: (folder: string) => string[], port: number, ready: RegExp): Promise<Server> {
    const folder = makeTemporaryFolder('redis');
    const process = await startProcess(binary, args(folder), { ready, cwd: folder });
    const client = createClient({ socket: { host: '127.0.0.1', port }, password: PASSWORD });
    client.on('error', () => undefined); // it is killed on purpose
    await client.connect();
    stops.push(async () => {
      client.destroy();
      await process.stop('SIGKILL');
      removeTemporaryFolder(folder);
    });
    return { port, process, ask: (...command) => client.sendCommand(command) };
  }

  return {
    async start(settings: readonly string[]): Promise<Member> {
      const port = await freePort();
      const keeping = ['--save', '', '--appendonly', 'no', '--masterauth', PASSWORD, '--repl-diskless-sync-delay', '0'];
      const args = (folder: string) => [...['--port', `${port}`, '--dir', folder], ...common, ...keeping, ...settings];
      const busPort = Number(settings[settings.indexOf('--cluster-port') + 1]);
      return Object.assign(await run(args, port, /Ready to accept connections/), { busPort });
    },
    async startSentinel(masterPort: number): Promise<Server> {
      const port = await freePort();
      const lines = [
        ...[`port ${port}`, 'bind 127.0.0.1', `requirepass "${PASSWORD}"`],
        ...[`sentinel monitor chat 127.0.0.1 ${masterPort} 2`, `sentinel auth-pass chat "${PASSWORD}"`],
        ...['sentinel down-after-milliseconds chat 1000', 'sentinel failover-timeout chat 5000'],
        `sentinel sentinel-pass "${PASSWORD}"`,
      ];
      const args = (folder: string) => {
        const file = join(folder, 'sentinel.conf');
        writeFileSync(file, lines.join('\n'));
        return [file, '--sentinel'];
      };
      return run(args, port, /Sentinel ID is/);
    },
    async stop() {
      await Promise.all(stops.splice(0).map((each) => each()));
    },
  };
}
