import { expect } from 'chai';
import { type Redis as RedisClient, redisClient } from '../../src/broker/redis/redis-clients.ts';
import { redisAddress } from '../../src/config/redis-url.ts';
import { failureOf, runProgram } from '../config/program.ts';
import { readText } from '../docs/markdown.ts';
import { migratedEnvironment } from '../support/app.ts';
import { rest } from '../support/clients.ts';
import { type ConditionLine, conditionLines } from '../support/condition-lines.ts';
import { freePort, makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { type Redis, startRedis } from '../support/redis.ts';
import { requirePostgresql, requireRedis } from '../support/services.ts';
import { type ClusterNode, startNodeHere } from './node.ts';
import { until } from './until.ts';

/** The permissions that docs/deployment.md names. */
const PERMISSIONS = (/ACL SETUSER chat on >PASSWORD ((?:.*\\\n)*.*)/.exec(readText('docs/deployment.md'))?.[1] ?? '')
  .split(/[\s\\]+/)
  .filter((rule) => rule !== '');

describe('Redis refuses', function () {
  this.timeout(120_000);
  let redis: Redis;
  let admin: RedisClient;
  let fresh: Awaited<ReturnType<typeof migratedEnvironment>>;
  let node: ClusterNode;
  const ask = (...command: string[]) => admin.ask(command);
  const permit = (...rules: string[]) => ask('ACL', 'SETUSER', 'chat', 'on', '>secret', ...rules);
  const kick = () => ask('CLIENT', 'KILL', 'USER', 'chat');

  before(async function () {
    await requireRedis(this);
    await requirePostgresql(this);
    redis = (await startRedis()) as Redis; // it is installed
    admin = redisClient(redisAddress(redis.url));
    await admin.connect();
    await permit(...PERMISSIONS);
    fresh = await migratedEnvironment('postgresql', {
      REDIS_URL: `redis://chat:secret@127.0.0.1:${redis.port}`,
      RATE_LIMITS: 'on',
      LOG_LEVEL: 'info',
    });
    node = await startNodeHere({ ...fresh.env, HTTP_ADDR: `127.0.0.1:${await freePort()}` });
  });
  after(async () => {
    await node?.stop();
    admin?.destroy();
    await redis?.stop();
    await fresh?.remove();
  });

  const lines = (condition: string) => conditionLines(node.output(), condition);
  /** Exactly one line when it begins and one when it is over, whatever happens between. */
  async function expectTold(condition: string, fault: () => Promise<unknown>, mended: () => Promise<unknown>) {
    const before = lines(condition).length;
    const news = () => lines(condition).slice(before);
    await fault();
    await until('it is logged', () => news().length > 0, 10_000);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(news(), 'once').to.have.length(1);
    await mended();
    await until('its end is logged', () => news().length > 1, 15_000);
    expect(news().map(({ state }) => state)).to.deep.equal(['begun', 'over']);
    return news()[0] as ConditionLine;
  }
  /** Something that is limited, by all nodes together. */
  const limited = () => rest(node.url).ask('login', { username: 'nobody', password: 'StrongPassword123' });
  const stillLimited = async (count: number) => {
    for (let call = 0; call < count; call += 1) {
      await limited();
      await new Promise((resolve) => setTimeout(resolve, 1_100));
    }
  };

  it('nothing if the server has the documented permissions', async () => {
    expect(PERMISSIONS).to.have.length.above(10);
    await limited();
    expect(lines('redis_refuses')).to.deep.equal([]);
    expect(await ask('ACL', 'LOG'), 'nothing was denied').to.deep.equal([]);
  });

  it('to publish: it is logged once, with the command and what to do, and again when it is over', async () => {
    const line = await expectTold(
      'redis_refuses',
      () => permit('-spublish', '-publish'),
      () => permit('+spublish', '+publish'),
    );
    expect(line).to.include({ code: 'NOPERM' });
    expect(line.cause).to.match(/publishing: .*spublish/);
    expect(line.next).to.include('docs/deployment.md');
  });

  it('to subscribe: it is logged alike', async () => {
    const line = await expectTold(
      'redis_refuses',
      () => permit('resetchannels'),
      () => permit('&{mmchat:*'),
    );
    expect(line).to.include({ code: 'NOPERM' });
  });

  it('to count for limits: it is logged alike, and each node counts for itself meanwhile', async () => {
    const line = await expectTold(
      'redis_refuses',
      async () => {
        await permit('-eval');
        await limited();
      },
      async () => {
        await permit('+eval');
        await stillLimited(3);
      },
    );
    expect(line).to.include({ code: 'NOPERM' });
    expect(line.cause).to.match(/limits: .*eval/);
  });

  it('for lack of memory: it is logged alike', async () => {
    const line = await expectTold(
      'redis_refuses',
      async () => {
        await ask('CONFIG', 'SET', 'maxmemory', '1');
        await limited();
      },
      async () => {
        await ask('CONFIG', 'SET', 'maxmemory', '0');
        await stillLimited(3);
      },
    );
    expect(line).to.include({ code: 'OOM' });
  });

  it('because it has become a replica: it is logged alike', async () => {
    const line = await expectTold(
      'redis_refuses',
      async () => {
        await ask('REPLICAOF', '127.0.0.1', '1');
        await limited();
      },
      async () => {
        await ask('REPLICAOF', 'NO', 'ONE');
        await stillLimited(3);
      },
    );
    expect(line).to.include({ code: 'READONLY' });
    expect(line.next).to.include('master');
  });

  it('because the password has changed: it is logged alike', async () => {
    const line = await expectTold(
      'redis_refuses',
      async () => {
        await ask('ACL', 'SETUSER', 'chat', 'resetpass', '>another');
        await kick();
      },
      () => permit(),
    );
    expect(line).to.include({ code: 'WRONGPASS' });
    expect(line.next).to.include('REDIS_URL');
  });

  it('nothing while it is paused: that is logged as Redis being unavailable', async () => {
    const line = await expectTold(
      'redis_unavailable',
      () => redis.kill('SIGSTOP'),
      async () => {
        await redis.kill('SIGCONT');
        await until('it answers', () => admin.isReady);
      },
    );
    expect(line.cause).to.be.a('string');
    expect(line.code).to.be.a('string');
  });

  it('at the start: the server exits at once, with the reason in one line', async () => {
    const folder = makeTemporaryFolder('refused');
    const at = `127.0.0.1:${redis.port}`;
    const refusalOf = (REDIS_URL: string) => failureOf(folder, { ...fresh.env, REDIS_URL });
    await ask('ACL', 'SETUSER', 'less', 'on', '>secret', ...PERMISSIONS, '-ssubscribe', '-subscribe');
    try {
      const REDIS_URL = `redis://chat:wrong-password@${at}`;
      const { code, stderr } = await runProgram(folder, { ...fresh.env, REDIS_URL });
      expect(code).to.equal(1);
      const password = await refusalOf(REDIS_URL);
      expect(stderr).to.equal(`${password}\n`);
      const permission = await refusalOf(`redis://less:secret@${at}`);
      await ask('CONFIG', 'SET', 'requirepass', 'another');
      const none = await refusalOf(`redis://${at}`);
      for (const refusal of [password, permission, none]) {
        expect(refusal.split('\n'), refusal).to.have.length(1);
        expect(refusal).not.to.include('wrong-password');
      }
      expect(password).to.include('MmChat cannot start: Redis refuses the password (REDIS_URL; WRONGPASS)');
      expect(permission).to.include('NOPERM').and.include('docs/deployment.md').and.include('ssubscribe');
      expect(none).to.include('Redis asks for a password (REDIS_URL; NOAUTH)');
    } finally {
      removeTemporaryFolder(folder);
    }
  });
});
