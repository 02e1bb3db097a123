import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { readConfig, variableNames } from '../../src/config.ts';
import { findBinary, makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { argumentsOf, configurationOf, DEPLOY, requireProgram } from './proxy.ts';

type Service = {
  image: string;
  env_file?: string;
  environment?: Record<string, string>;
  depends_on?: Record<string, unknown> | string[];
  volumes?: string[];
  healthcheck?: object;
};

const run = promisify(execFile);
const ROOT = join(DEPLOY, '..');
const textOf = (file: string) => readFileSync(join(DEPLOY, file), 'utf8');
/** A ping every 25 s, and 20 s for its answer. */
const LONGEST_SILENCE_SEC = 45;

/** Mocha brings the parser with which it reads its own YAML files. */
const yaml = createRequire(fileURLToPath(import.meta.resolve('mocha')))('js-yaml') as { load(text: string): unknown };

describe('deploy/compose.yaml', () => {
  const { services, volumes } = yaml.load(textOf('compose.yaml')) as {
    services: Record<string, Service>;
    volumes: Record<string, null>;
  };

  it('has two equal nodes, a database, Redis and a proxy, which find each other and their files', () => {
    expect(services).to.have.all.keys('node1', 'node2', 'postgres', 'redis', 'nginx');
    expect(services.node1).to.deep.equal(services.node2);
    for (const [name, { depends_on = [], volumes: mounts = [] }] of Object.entries(services)) {
      expect(services, name).to.include.keys(...Object.keys(Array.isArray(depends_on) ? services : depends_on));
      for (const mount of mounts) {
        const [source = ''] = mount.split(':');
        expect(source.startsWith('.') ? existsSync(join(DEPLOY, source)) : source in volumes, mount).to.equal(true);
      }
    }
  });

  it('knows of everybody whether they are well', () => {
    const unwatched = Object.entries(services).filter(([, { healthcheck }]) => healthcheck === undefined);
    expect(unwatched.map(([name]) => name)).to.deep.equal(['node1', 'node2']); // the image brings theirs
    expect(textOf('Dockerfile')).to.match(/^HEALTHCHECK [\s\S]*?\/healthz/m);
  });

  it('takes its secrets from files for which there is an example, and that are never committed', () => {
    const files = Object.values(services).flatMap(({ env_file }) => env_file ?? []);
    expect(new Set(files)).to.deep.equal(new Set(['mmchat.env', 'postgres.env']));
    for (const file of files) expect(existsSync(join(DEPLOY, `${file}.example`)), file).to.equal(true);
    expect(readFileSync(join(ROOT, '.gitignore'), 'utf8')).to.match(/^deploy\/\*\.env$/m);
  });

  it('holds no secret, and with the example filled in the nodes have a valid configuration', () => {
    const { env_file = '', environment = {} } = services.node1 ?? {};
    for (const name of ['JWT_SECRET', 'POSTGRES_PASSWORD', 'DATABASE_URL', 'SMTP_URL'])
      expect(textOf('compose.yaml')).not.to.include(name);
    const filled = { JWT_SECRET: 'x'.repeat(48), SMTP_URL: 'smtps://user:password@mail.example.com' };
    const config = readConfig({
      NODE_ENV: 'production',
      ...Object.fromEntries(assignments(textOf(`${env_file}.example`))),
      ...filled,
      ...environment,
    });
    expect(config.database.kind).to.equal('postgresql');
    expect(config).to.include({ trustedProxies: 1 });
    expect(config.redis).to.include({ kind: 'server', url: 'redis://redis:6379' });
    expect(config.operators).to.deep.equal({ host: undefined, port: 9464 });
  });
});

describe('The files in deploy/', () => {
  it('set only variables that the server reads', () => {
    const compose = [...textOf('compose.yaml').matchAll(/^ {4,6}([A-Z][A-Z_]+): /gm)].map(([, name]) => name);
    const image = [...textOf('Dockerfile').matchAll(/^(?:ENV| {3}) ([A-Z][A-Z_]+)=/gm)].map(([, name]) => name);
    const unit = [...textOf('mmchat.service').matchAll(/^Environment=([A-Z_]+)=/gm)].map(([, name]) => name);
    const secrets = assignments(textOf('mmchat.env.example')).map(([name]) => name);
    for (const names of [compose, image, unit, secrets]) expect(names).not.to.deep.equal([]);
    const set = [...compose, ...image, ...unit, ...secrets].filter((name) => !name?.startsWith('POSTGRES_'));
    expect(variableNames).to.include.members(set);
  });

  it('let a connection be silent for longer than the pings take', () => {
    const nginx = [...textOf('nginx.conf').matchAll(/proxy_(?:read|send)_timeout (\d+)s/g)];
    const haproxy = [...textOf('haproxy.cfg').matchAll(/timeout (?:client|server|tunnel) (\d+)s/g)];
    expect([nginx.length, haproxy.length]).to.deep.equal([2, 3]);
    for (const [line, seconds] of [...nginx, ...haproxy])
      expect(Number(seconds), line).to.be.above(LONGEST_SILENCE_SEC);
  });

  for (const name of ['nginx', 'haproxy'] as const) {
    it(`are understood by ${name}`, async function () {
      const binary = requireProgram(this, name);
      const folder = makeTemporaryFolder(name);
      const file = join(folder, 'configuration');
      writeFileSync(file, configurationOf(name, '127.0.0.1:1', ['127.0.0.1:2', '127.0.0.1:3'], folder));
      const { stderr } = await run(binary, [...argumentsOf[name](file), name === 'nginx' ? '-t' : '-c']);
      expect(stderr).not.to.match(/\[(?:warn|emerg)\]|WARNING|ALERT/);
      removeTemporaryFolder(folder);
    });
  }

  it('are understood by systemd', async function () {
    const binary = findBinary('systemd-analyze');
    if (binary === undefined) return this.skip();
    const folder = makeTemporaryFolder('systemd');
    const file = join(folder, 'mmchat.service');
    writeFileSync(file, textOf('mmchat.service').replace('/opt/mmchat/node_modules/.bin/node', process.execPath));
    const { stderr } = await run(binary, ['verify', file]);
    expect(stderr).not.to.include('mmchat.service');
    removeTemporaryFolder(folder);
  });

  it('start what is there: the entry, and the Node that is pinned', () => {
    expect(textOf('mmchat.service')).to.include('ExecStart=/opt/mmchat/node_modules/.bin/node src/main.ts');
    expect(textOf('Dockerfile')).to.match(/^CMD \["node", "src\/main\.ts"\]$/m);
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const [, major] = /^FROM node:(\d+)-slim$/m.exec(textOf('Dockerfile')) ?? [];
    expect(dependencies.node.split('.')[0]).to.equal(major);
  });

  it('build an image from files that exist and reach the builder, whose process is not root', () => {
    const dockerfile = textOf('Dockerfile');
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) =>
      files.split(' '),
    );
    expect(copied).to.include.members(['package-lock.json', 'src']);
    const admitted = [...textOf('Dockerfile.dockerignore').matchAll(/^!(.+)$/gm)].map(([, file]) => file);
    for (const file of copied) {
      expect(existsSync(join(ROOT, file)), file).to.equal(true);
      expect(admitted).to.include(file);
    }
    expect(dockerfile.indexOf('\nUSER node\n')).to.be.within(0, dockerfile.indexOf('\nCMD '));
  });
});

function assignments(text: string): string[][] {
  return [...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]);
}
