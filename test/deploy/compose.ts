import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parse } from 'yaml';
import { DEPLOY } from './proxy.ts';

export type Service = {
  image: string;
  build?: object;
  user?: string;
  read_only?: boolean;
  security_opt?: string[];
  cap_drop?: string[];
  mem_limit?: string;
  cpus?: number;
  pids_limit?: number;
  scale?: number;
  profiles?: string[];
  networks: string[];
  ports?: string[];
  volumes?: string[];
  env_file?: string;
  environment?: Record<string, string>;
  depends_on?: Record<string, unknown> | string[];
  command?: string[];
  healthcheck?: { test: string[] };
};
export type Compose = {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean } | null>;
  volumes: Record<string, null>;
};

/** The delivered file, with its anchors merged as Compose merges them. */
export const composeFile = (): Compose => parse(readFileSync(join(DEPLOY, 'compose.yaml'), 'utf8'), { merge: true });

/** The environment of a service of our image: of the image, then the example of its file, then its own. */
export function environmentOf(name: string): Record<string, string> {
  const { env_file, environment } = composeFile().services[name] ?? {};
  const example = env_file === undefined ? '' : readFileSync(join(DEPLOY, `${env_file}.example`), 'utf8');
  return { ...imageEnvironment(), ...(parseEnv(example) as Record<string, string>), ...environment };
}

/** The variables that the Dockerfile sets. */
export function imageEnvironment(): Record<string, string> {
  const dockerfile = readFileSync(join(DEPLOY, 'Dockerfile'), 'utf8');
  return Object.fromEntries(
    [...dockerfile.matchAll(/^(?:ENV| {3}) ([A-Z][A-Z_]+)=(\S*)/gm)].map(([, variable = '', value = '']) => [
      variable,
      value,
    ]),
  );
}
