import { execFile } from 'node:child_process';
import { appendFileSync, copyFileSync, globSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fetched, MissingTool } from './missing-tool.ts';
import { generate } from './openapi-generator.ts';
import { compileTypes, generateTypes } from './typescript/generate.ts';

const run = promisify(execFile);

export type Chat = {
  /** The OpenAPI document, as the server returns it. */
  readonly document: string;
  /** The arguments of each program: the server's address, the names of two users, and their password. */
  readonly args: readonly [url: string, alice: string, bob: string, password: string];
};
/**
 * Generates a client in a folder, and runs a chat through it.
 * @returns the generator
 * @throws MissingTool, or the failure
 */
type Client = (chat: Chat, folder: string) => Promise<string>;

const HEY_API = '@hey-api/openapi-ts@0.99.0';
const DONE = 'the chat is done';
const programOf = (path: string) => join(import.meta.dirname, path);

/** Every client by its name. */
export const CLIENTS: Readonly<Record<string, Client>> = {
  'openapi-typescript': async ({ document, args }, folder) => {
    await generateTypes(document, folder);
    const complaints = await compileTypes(folder);
    if (complaints !== '') throw new Error(complaints);
    mustBeDone(await run(process.execPath, [join(folder, 'chat.ts'), ...args]));
    return 'openapi-typescript and openapi-fetch';
  },

  'hey-api': async ({ document, args }, folder) => {
    writeFileSync(join(folder, 'openapi.json'), document);
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const npx = (packages: readonly string[], ...command: string[]) =>
      fetched(run('npx', ['--yes', ...packages.map((each) => `--package=${each}`), ...command], { cwd: folder }));
    await npx([HEY_API, 'typescript@5.9.3'], 'openapi-ts', '-i', 'openapi.json', '-o', 'client');
    copyFileSync(programOf('hey-api/chat.ts'), join(folder, 'chat.ts'));
    // the generated code imports its own files without extensions, as bundlers permit
    mustBeDone(await npx(['tsx@4.20.6'], 'tsx', 'chat.ts', ...args));
    return HEY_API;
  },

  python: async ({ document, args }, folder) => {
    const { output, name } = await generate(document, folder, [
      '-g',
      'python',
      '--additional-properties=packageName=mmchat_client',
    ]);
    const python = (...more: string[]) =>
      run('python3', more, { cwd: output, env: { ...process.env, PYTHONPATH: output } });
    await python('-c', 'import mmchat_client').catch(
      async ({ stderr = '', code }: { stderr?: string; code?: unknown }) => {
        if (code === 'ENOENT') throw new MissingTool('there is no python3');
        const [, missing] = /No module named '(\w+)'/.exec(stderr) ?? [];
        throw missing === undefined ? new Error(stderr) : new MissingTool(`python3 has no ${missing}`);
      },
    );
    mustBeDone(await python(programOf('python/chat.py'), ...args));
    return name;
  },

  java: async ({ document, args }, folder) => {
    const { output, jar, name } = await generate(document, folder, [
      '-g',
      'java',
      '--library=native',
      '--additional-properties=openApiNullable=false',
    ]);
    const sources = join(output, 'src/main/java');
    copyFileSync(programOf('java/Chat.java'), join(sources, 'Chat.java'));
    const files = globSync('**/*.java', { cwd: sources });
    const classes = join(folder, 'classes');
    mkdirSync(classes);
    // the generator's own program contains every library that its clients need
    const libraries = jar ?? (await mavenLibraries(output));
    await fetched(run('javac', ['-nowarn', '-cp', libraries, '-d', classes, ...files], { cwd: sources }));
    mustBeDone(await run('java', ['-cp', `${libraries}:${classes}`, 'Chat', ...args]));
    return name;
  },

  rust: async ({ document, args }, folder) => {
    const { output, name } = await generate(document, folder, [
      '-g',
      'rust',
      '--additional-properties=packageName=mmchat_client',
    ]);
    mkdirSync(join(output, 'src/bin'));
    copyFileSync(programOf('rust/main.rs'), join(output, 'src/bin/chat.rs'));
    appendFileSync(
      join(output, 'Cargo.toml'),
      '\n[dependencies.tokio]\nversion = "1"\nfeatures = ["macros", "rt-multi-thread"]\n',
    );
    await fetched(run('cargo', ['build', '--quiet', '--bin', 'chat'], { cwd: output }));
    mustBeDone(await run(join(output, 'target/debug/chat'), args));
    return name;
  },
};

/** The libraries that a Java client's own build names, as a class path. */
async function mavenLibraries(client: string): Promise<string> {
  const file = join(client, 'classpath.txt');
  await fetched(run('mvn', ['-q', 'dependency:build-classpath', `-Dmdep.outputFile=${file}`], { cwd: client }));
  return globSync(file).length > 0 ? (await run('cat', [file])).stdout.trim() : '';
}

function mustBeDone({ stdout }: { stdout: string }): void {
  if (!stdout.includes(DONE)) throw new Error(`the program did not end its chat: ${stdout}`);
}
