import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readConfig } from '../../src/config/config.ts';
import { type Compose, composeFile, environmentOf, type Service } from './compose.ts';
import { DEPLOY } from './proxy.ts';

const ROOT = join(DEPLOY, '..');
const textOf = (file: string) => readFileSync(join(DEPLOY, file), 'utf8');
/** A complete version, so that builds are reproducible. */
const PINNED = /^(?:postgres:\d+\.\d+|[a-z]+:\d+\.\d+\.\d+)(?:-[a-z]+)?$/;

describe('deploy/compose.yaml', () => {
  const { services, networks, volumes }: Compose = composeFile();
  const onNetwork = (network: string) =>
    Object.keys(services).filter((name) => services[name]?.networks.includes(network));

  it('has nodes, a proxy, PostgreSQL, Redis and a demo, and refers only to what exists', () => {
    expect(services).to.have.all.keys('node', 'proxy', 'postgres', 'redis', 'try');
    for (const [name, { depends_on = [], volumes: mounts = [], networks: joined }] of Object.entries(services)) {
      expect(services, name).to.include.keys(
        ...(Array.isArray(depends_on) ? depends_on : Object.keys(depends_on)),
        name,
      );
      expect(networks, name).to.include.keys(...joined);
      for (const mount of mounts) {
        const [source = ''] = mount.split(':');
        expect(source.startsWith('.') ? existsSync(join(DEPLOY, source)) : source in volumes, mount).to.equal(true);
      }
    }
  });

  for (const [name, service] of Object.entries(services)) {
    it(`confines ${name}: read-only, without further privileges, with limited resources`, () => {
      expect(service).to.include({ read_only: true });
      expect(service.security_opt).to.deep.equal(['no-new-privileges:true']);
      expect(service.cap_drop).to.deep.equal(['ALL']);
      expect(service).to.not.have.any.keys('privileged', 'cap_add', 'network_mode', 'pid', 'devices');
      expect(service.mem_limit, 'mem_limit').to.match(/^\d+[mg]$/);
      expect(service.cpus, 'cpus').to.be.within(0.1, 2);
      expect(service.pids_limit, 'pids_limit').to.be.within(10, 200);
    });

    it(`pins the image of ${name}, whose user is not root`, () => {
      expect(service.image).to.match(PINNED);
      const own = { mmchat: 'node', haproxy: 'haproxy' }[service.image.split(':')[0] ?? '']; // the image's own
      expect(service.user ?? own).to.be.oneOf(['node', 'haproxy', 'postgres', 'redis']);
    });

    it(`reports the health of ${name}`, () => {
      if (service.build === undefined) expect(service.healthcheck).to.have.property('test');
      else expect(textOf('Dockerfile')).to.match(/^HEALTHCHECK [\s\S]*?\/healthz/m); // part of the image
    });
  }

  it('connects PostgreSQL and Redis only to an internal network with the nodes', () => {
    expect(networks.back).to.deep.equal({ internal: true });
    expect(onNetwork('back')).to.have.members(['node', 'postgres', 'redis']);
    expect(onNetwork('front')).to.have.members(['node', 'proxy']);
    for (const name of ['postgres', 'redis', 'proxy', 'try']) expect(services[name]?.networks).to.have.length(1);
  });

  it('publishes only the proxy, and the demo to this machine only', () => {
    const published = Object.entries(services).flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]));
    expect(published).to.deep.equal([
      ['proxy', '80:80'],
      ['try', '127.0.0.1:8080:8080'],
    ]);
  });

  it('starts as many nodes as --scale requests: they have no fixed name, port or volume', () => {
    expect(services.node?.scale).to.be.above(1);
    expect(services.node).to.not.have.any.keys('container_name', 'hostname', 'ports', 'volumes', 'profiles');
    expect(services.proxy?.environment).to.deep.equal({ NODES: 'node:8080' });
  });

  it('reads its secrets from files with examples, which are never committed', () => {
    const files = Object.values(services).flatMap(({ env_file }) => env_file ?? []);
    expect(files).to.have.members(['mmchat.env', 'postgres.env', 'redis.env']);
    for (const file of files) expect(existsSync(join(DEPLOY, `${file}.example`)), file).to.equal(true);
    expect(readFileSync(join(ROOT, '.gitignore'), 'utf8')).to.match(/^deploy\/\*\.env$/m);
    for (const { environment = {} } of Object.values(services) as Service[])
      expect(Object.keys(environment).filter((name) => /SECRET|PASSWORD|URL|KEY/.test(name))).to.deep.equal([]);
  });

  it('gives the nodes a valid configuration with the example filled in, with a password for Redis', () => {
    const filled = { JWT_SECRET: 'x'.repeat(48), SMTP_URL: 'smtps://user:password@mail.example.com' };
    const config = readConfig({ ...environmentOf('node'), ...filled });
    expect(config.database.kind).to.equal('postgresql');
    expect(config).to.deep.include({ production: true, trustedProxies: 1, operators: { host: undefined, port: 9464 } });
    expect(config.cookie.secure).to.equal(true);
    expect(config.publicOrigins).to.deep.equal(['https://chat.example.com']);
    expect(config.redis).to.include({ kind: 'server', url: 'redis://:PASSWORD@redis:6379' });
  });
});
