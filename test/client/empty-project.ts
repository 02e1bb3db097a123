import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const OWN = join(ROOT, 'node_modules');
const run = promisify(execFile);

type Manifest = { readonly name: string; readonly dependencies?: Record<string, string> };
type Packed = { readonly name: string; readonly filename: string; readonly files: readonly { path: string }[] };

const OLDEST = 20;

/** The oldest Node that the client is for, where it is installed; else the one that runs the tests. */
export const NODE = findNode(OLDEST) ?? {
  path: process.execPath,
  name: `Node ${process.version}, since there is no Node ${OLDEST} here`,
};

/** A project of somebody else's: nothing is in it but the client, as its tarball installs it. */
export class EmptyProject {
  readonly folder = makeTemporaryFolder('empty-project');
  /** What the client's tarball holds. */
  readonly files: readonly string[];

  /** Packs the client and what it stands on, as installed here, and installs that: no registry is asked. */
  static async create(): Promise<EmptyProject> {
    const tarballs = makeTemporaryFolder('tarballs');
    try {
      const client = join(ROOT, 'packages/client');
      const [own] = await pack(tarballs, ['--workspace', 'mmchat-client']);
      const others = await pack(tarballs, ['--ignore-scripts', ...foldersBelow(client)]);
      if (own === undefined) throw new Error('npm packed nothing');
      const project = new EmptyProject(own);
      await project.#install(tarballs, own, others);
      return project;
    } finally {
      removeTemporaryFolder(tarballs);
    }
  }

  private constructor({ files }: Packed) {
    this.files = files.map(({ path }) => path);
  }

  /** Writes a file of the project. @returns its path */
  write(name: string, text: string): string {
    const file = join(this.folder, name);
    writeFileSync(file, text);
    return file;
  }

  /** Runs one of the project's files to its end with `NODE`. @returns what it prints */
  async runs(file: string, ...args: string[]): Promise<string> {
    return this.#run(NODE.path, file, ...args);
  }

  /** Compiles a file of the project without a word, or throws with what the compiler says. */
  async compiles(file: string, ...options: string[]): Promise<void> {
    await this.#run(process.execPath, join(OWN, 'typescript/bin/tsc'), '--noEmit', ...options, file);
  }

  remove(): void {
    removeTemporaryFolder(this.folder);
  }

  async #install(tarballs: string, own: Packed, others: readonly Packed[]): Promise<void> {
    const at = ({ filename }: Packed) => `file:${join(tarballs, filename)}`;
    const overrides = Object.fromEntries(others.map((each) => [each.name, at(each)]));
    this.write('package.json', JSON.stringify({ type: 'module', dependencies: { [own.name]: at(own) }, overrides }));
    await npm(this.folder, tarballs, 'install', '--offline', '--no-audit', '--no-fund');
  }

  async #run(command: string, ...args: string[]): Promise<string> {
    const { stdout } = await run(command, args, { cwd: this.folder, env: environment() }).catch(withOutput);
    return stdout;
  }
}

/** Nothing of what npm and c8 give to the tests: the project is on its own. */
const environment = () => ({ PATH: `${dirname(NODE.path)}${delimiter}${process.env.PATH}`, HOME: process.env.HOME });

function npm(cwd: string, cache: string, ...args: string[]) {
  return run('npm', [...args, '--cache', join(cache, 'cache')], { cwd, env: environment() }).catch(withOutput);
}

async function pack(into: string, what: readonly string[]): Promise<Packed[]> {
  const { stdout } = await npm(ROOT, into, 'pack', '--json', '--pack-destination', into, ...what);
  const packed: unknown = JSON.parse(stdout.slice(stdout.search(/^[[{]/m))); // what its scripts print comes before it
  return Array.isArray(packed) ? packed : Object.values(packed as object);
}

function withOutput(error: Error & { stdout?: string; stderr?: string }): never {
  throw new Error(`${error.message}\n${error.stdout}\n${error.stderr}`);
}

/** The folders of all packages that this one stands on, as Node would find them. */
function foldersBelow(folder: string, found = new Set<string>()): Set<string> {
  for (const name of Object.keys(manifestOf(folder).dependencies ?? {})) {
    const own = folderOf(name, folder);
    if (found.has(own)) continue;
    found.add(own);
    foldersBelow(own, found);
  }
  return found;
}

function folderOf(name: string, from: string): string {
  const folder = join(from, 'node_modules', name);
  if (existsSync(folder)) return folder;
  if (from === dirname(from)) throw new Error(`${name} is not installed`);
  return folderOf(name, dirname(from));
}

const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

function findNode(major: number): { path: string; name: string } | undefined {
  for (const folder of process.env.PATH?.split(delimiter) ?? []) {
    const path = join(folder, 'node');
    const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' }); // null where there is none
    if (stdout?.startsWith(`v${major}.`)) return { path, name: `Node ${stdout.trim()}` };
  }
  return undefined;
}
