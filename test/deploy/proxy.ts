import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  findBinary,
  freePort,
  makeTemporaryFolder,
  removeTemporaryFolder,
  startProcess,
} from '../support/processes.ts';

export const DEPLOY = join(import.meta.dirname, '../../deploy');
export type ProxyName = 'nginx' | 'haproxy';
export type RunningProxy = { readonly url: string; output(): string; stop(): Promise<void> };

/** The path of an installed program; otherwise skips the test or suite of this context, or throws if `CI` is set. */
export function requireProgram(context: Mocha.Context, name: string): string {
  const path = findBinary(name) ?? [`/usr/sbin/${name}`].find((file) => existsSync(file));
  if (path !== undefined) return path;
  const message = `${name} is not installed`;
  if (process.env.CI) throw new Error(`${message}, and CI may not skip its tests`);
  process.stderr.write(`${message}: skipping the tests that need it\n`);
  return context.skip();
}

/** The delivered configuration with replaced addresses, and no other changes. */
export function configurationOf(name: ProxyName, listen: string, nodes: readonly string[], folder: string): string {
  const delivered = readFileSync(join(DEPLOY, name === 'nginx' ? 'nginx.conf' : 'haproxy.cfg'), 'utf8');
  return delivered
    .replace(/127\.0\.0\.1:808([12])/g, (_, number) => nodes[Number(number) - 1] ?? '')
    .replace(name === 'nginx' ? 'listen 80;' : 'bind :80', name === 'nginx' ? `listen ${listen};` : `bind ${listen}`)
    .replace('pid /run/nginx.pid;', `pid ${join(folder, 'nginx.pid')};`);
}

export const argumentsOf = {
  nginx: (file: string) => ['-e', 'stderr', '-c', file],
  haproxy: (file: string) => ['-f', file],
} as const;
const FOREGROUND = { nginx: ['-g', 'daemon off;'], haproxy: ['-db'] } as const;

/** Starts the real program with the delivered configuration in front of two nodes, on a free port of 127.0.0.1. */
export function startProxy(name: ProxyName, binary: string, nodes: readonly string[]): Promise<RunningProxy> {
  return start(name, binary, (listen, folder) => configurationOf(name, listen, nodes, folder));
}

/**
 * Starts HAProxy like compose.yaml: it finds the nodes by name.
 * @param nodes `NAME:PORT`
 * @param nameServer its port on 127.0.0.1, instead of Docker’s
 */
export function startProxyByName(binary: string, nodes: string, nameServer: number): Promise<RunningProxy> {
  const configuration = (listen: string, folder: string) =>
    configurationOf('haproxy', listen, [], folder).replace('127.0.0.11:53', `127.0.0.1:${nameServer}`);
  return start('haproxy', binary, configuration, { NODES: nodes });
}

async function start(
  name: ProxyName,
  binary: string,
  configuration: (listen: string, folder: string) => string,
  env: NodeJS.ProcessEnv = {},
): Promise<RunningProxy> {
  const folder = makeTemporaryFolder(name);
  const port = await freePort();
  const file = join(folder, 'configuration');
  writeFileSync(file, configuration(`127.0.0.1:${port}`, folder));
  const args = [...argumentsOf[name](file), ...FOREGROUND[name]];
  const program = await startProcess(binary, args, { ready: port, env: { PATH: process.env.PATH, ...env } });
  return {
    url: `http://127.0.0.1:${port}`,
    output: program.output,
    async stop() {
      await program.stop();
      removeTemporaryFolder(folder);
    },
  };
}
