import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { readConfig } from '../../src/config/config.ts';
import { type ClusterNode, startNodeHere } from '../cluster/node.ts';
import { until } from '../monitoring/operator.ts';
import { codeIn, post } from '../support/people.ts';
import {
  freePort,
  makeTemporaryFolder,
  type RunningProcess,
  removeTemporaryFolder,
  startProcess,
} from '../support/processes.ts';
import { composeFile, environmentOf } from './compose.ts';
import { requireProgram } from './proxy.ts';

const run = promisify(execFile);
/** As Compose reads it: dollar signs are doubled. */
const shell = (script = '') => script.replaceAll('$$', '$');

describe('Redis as deploy/compose.yaml starts it', () => {
  const { command = [], healthcheck } = composeFile().services.redis ?? {};
  const PASSWORD = 'f00d'.repeat(8);
  let redis: RunningProcess;
  let folder: string;
  let port: number;
  const start = (password: string) => {
    const script = shell(command[2]).replace('redis-server -', `redis-server - --port ${port} --bind 127.0.0.1`);
    const env = { PATH: process.env.PATH, REDIS_PASSWORD: password };
    return startProcess('sh', ['-c', script], { ready: /Ready to accept connections/, cwd: folder, env });
  };
  const ask = async (password: string, ...words: string[]) => {
    const env = { PATH: process.env.PATH, REDISCLI_AUTH: password };
    return (await run('redis-cli', ['-p', `${port}`, ...words], { env })).stdout.trim();
  };
  before(async function () {
    requireProgram(this, 'redis-server');
    folder = makeTemporaryFolder('redis');
    port = await freePort();
    redis = await start(PASSWORD);
  });
  after(async () => {
    await redis?.stop();
    if (folder !== undefined) removeTemporaryFolder(folder);
  });

  it('replaces its shell, so that it receives signals', () => {
    expect(command.slice(0, 2)).to.deep.equal(['sh', '-c']);
    expect(command[2]).to.match(/^exec redis-server /);
  });

  it('requires the password, persists nothing, and hides the password from other processes', async () => {
    expect(await ask('', 'ping')).to.include('NOAUTH');
    expect(await ask(PASSWORD, 'ping')).to.equal('PONG');
    expect(await ask(PASSWORD, 'config', 'get', 'save')).to.equal('save');
    expect(await ask(PASSWORD, 'config', 'get', 'appendonly')).to.equal('appendonly\nno');
    expect((await run('ps', ['-ww', '-o', 'args', '-p', `${redis.pid}`])).stdout).not.to.include(PASSWORD);
  });

  it('is healthy when it answers with its password', async () => {
    const [kind, script] = healthcheck?.test ?? [];
    expect(kind).to.equal('CMD-SHELL');
    const check = (password: string) =>
      run('sh', ['-c', shell(script).replace('redis-cli', `redis-cli -p ${port}`)], {
        env: { PATH: process.env.PATH, REDIS_PASSWORD: password },
      }).then(
        () => 'healthy',
        () => 'unhealthy',
      );
    expect(await check(PASSWORD)).to.equal('healthy');
    expect(await check('another')).to.equal('unhealthy');
  });

  it('does not start without a password', async () => {
    const failure = await start('').then(
      () => 'it started',
      ({ message }: Error) => message,
    );
    expect(failure).to.include('REDIS_PASSWORD: has to be set in redis.env');
  });
});

describe('The demo service of deploy/compose.yaml', () => {
  const { profiles, env_file, depends_on } = composeFile().services.try ?? {};

  it('is started only on request, and requires no other service and no file', () => {
    expect(profiles).to.deep.equal(['try']);
    expect({ env_file, depends_on }).to.deep.equal({ env_file: undefined, depends_on: undefined });
    const { database, cookie, redis } = readConfig(environmentOf('try'));
    expect(database).to.deep.equal({ kind: 'sqlite', path: '/data/mmchat.sqlite' });
    expect(cookie.secure).to.equal(false);
    expect(redis).to.equal(undefined);
  });

  describe('while it runs', () => {
    const folder = makeTemporaryFolder('try');
    let program: ClusterNode;
    before(async () => {
      const here = { HTTP_ADDR: '127.0.0.1:0', DATABASE_URL: `sqlite:${folder}/mmchat.sqlite` };
      program = await startNodeHere({ ...environmentOf('try'), ...here });
    });
    after(async () => {
      await program?.stop();
      removeTemporaryFolder(folder);
    });

    it('permits signing up and logging in over plain HTTP, with the code from its output', async () => {
      const account = { username: 'visitor', email: 'visitor@example.com', password: 'StrongPassword123' };
      expect((await post(`${program.url}/api/signup/initiate`, account)).status).to.equal(200);
      await until(async () => program.output().includes(`To: ${account.email}`));
      const otp = codeIn(program.output());
      expect((await post(`${program.url}/api/signup/verify`, { ...account, otp })).status).to.equal(200);
      const login = await post(`${program.url}/api/login`, account);
      const [cookie = ''] = login.headers.getSetCookie();
      expect(cookie).not.to.match(/;\s*secure/i); // otherwise a browser would drop it
      const headers = { cookie: cookie.split(';')[0] ?? '' };
      expect((await fetch(`${program.url}/api/me`, { headers })).status).to.equal(200);
    });
  });
});
