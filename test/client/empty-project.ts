import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { COMPILED_ONCE, makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const MODULES = join(ROOT, 'node_modules');
const run = promisify(execFile);

type Manifest = { readonly name: string; readonly dependencies?: Record<string, string> };
type Packed = { readonly name: string; readonly filename: string; readonly files: readonly { path: string }[] };

const OLDEST_NODE = 20;

/** The oldest supported Node, if it is installed; else the one that runs the tests. */
export const NODE = findNode(OLDEST_NODE) ?? {
  path: process.execPath,
  name: `Node ${process.version}, since there is no Node ${OLDEST_NODE} here`,
};

/** An empty project with only the client in it, installed from its tarball. */
export class EmptyProject {
  readonly folder = makeTemporaryFolder('empty-project');
  /** The files in the client's tarball. */
  readonly files: readonly string[];

  /** Packs the client and its dependencies as installed here, and installs them without a registry. */
  static async create(): Promise<EmptyProject> {
    const tarballs = makeTemporaryFolder('tarballs');
    try {
      const client = join(ROOT, 'packages/client');
      const [own] = await pack(tarballs, ['--workspace', 'mmchat-client']);
      const others = await pack(tarballs, ['--ignore-scripts', ...dependencyFolders(client)]);
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

  /** Runs a file of the project with `NODE` until it exits. @returns its output */
  async runs(file: string, ...args: string[]): Promise<string> {
    return this.#run(NODE.path, file, ...args);
  }

  /** Compiles a file of the project; throws with the compiler's output if that fails. */
  async compiles(file: string, ...options: string[]): Promise<void> {
    await this.#run(process.execPath, join(MODULES, 'typescript/bin/tsc'), '--noEmit', ...options, file);
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

/** Without the variables that npm and c8 set for the tests. */
const environment = () => ({
  ...COMPILED_ONCE,
  PATH: `${dirname(NODE.path)}${delimiter}${process.env.PATH}`,
  HOME: process.env.HOME,
});

function npm(cwd: string, cache: string, ...args: string[]) {
  return run('npm', [...args, '--cache', join(cache, 'cache')], { cwd, env: environment() }).catch(withOutput);
}

async function pack(into: string, what: readonly string[]): Promise<Packed[]> {
  const { stdout } = await npm(ROOT, into, 'pack', '--json', '--pack-destination', into, ...what);
  const packed: unknown = JSON.parse(stdout.slice(stdout.search(/^[[{]/m))); // the output of its scripts precedes it
  return Array.isArray(packed) ? packed : Object.values(packed as object);
}

function withOutput(error: Error & { stdout?: string; stderr?: string }): never {
  throw new Error(`${error.message}\n${error.stdout}\n${error.stderr}`);
}

/** The folders of all dependencies, resolved as Node does. */
function dependencyFolders(folder: string, found = new Set<string>()): Set<string> {
  for (const name of Object.keys(manifestOf(folder).dependencies ?? {})) {
    const own = folderOf(name, folder);
    if (found.has(own)) continue;
    found.add(own);
    dependencyFolders(own, found);
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
    const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' }); // null if it does not exist
    if (stdout?.startsWith(`v${major}.`)) return { path, name: `Node ${stdout.trim()}` };
  }
  return undefined;
}
