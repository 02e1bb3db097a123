import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fetched, MissingTool } from './missing-tool.ts';

const run = promisify(execFile);

/**
 * The version of OpenAPI Generator whose npm package contains the program itself, for machines that reach no other registry. It is
 * older than OpenAPI 3.1, so it gets the document converted to 3.0.
 */
const OLD_GENERATOR = '@openapitools/openapi-generator-cli@1.0.18-5.0.0-beta2';
const DOWN_CONVERT = '@apiture/openapi-down-convert@0.14.2';
/** Names of a current version in package managers. */
const ON_PATH = ['openapi-generator-cli', 'openapi-generator'];

/** A generator with the document format that it accepts. `jar` is the program, with libraries that Java clients need. */
type Generator = { command: readonly string[]; document: string; jar?: string; name: string };

/**
 * Generates a client: by OPENAPI_GENERATOR_JAR, by `openapi-generator-cli` on the PATH, or by the old version on npm.
 * @returns the folder of the client, and the generator
 * @throws MissingTool if there is no Java, or no generator
 */
export async function generate(document: string, folder: string, options: readonly string[]) {
  const generator = await generatorIn(document, folder);
  const output = join(folder, 'client');
  const [command = '', ...args] = generator.command;
  await run(command, [...args, 'generate', '-i', generator.document, '-o', output, ...options]);
  return { output, ...generator };
}

async function generatorIn(document: string, folder: string): Promise<Generator> {
  await run('java', ['-version']).catch(() => Promise.reject(new MissingTool('there is no java')));
  const current = join(folder, 'openapi.json');
  writeFileSync(current, document);
  const { OPENAPI_GENERATOR_JAR: jar } = process.env;
  if (jar !== undefined) return { command: ['java', '-jar', jar], document: current, jar, name: jar };
  for (const command of ON_PATH) {
    const version = await run(command, ['version']).catch(() => undefined);
    if (version !== undefined)
      return { command: [command], document: current, name: `${command} ${version.stdout.trim()}` };
  }
  return oldGenerator(current, folder);
}

async function oldGenerator(document: string, folder: string): Promise<Generator> {
  const tools = join(folder, 'tools');
  await fetched(
    run('npm', [
      'install',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '--prefix',
      tools,
      OLD_GENERATOR,
      DOWN_CONVERT,
    ]),
  );
  const jar = join(tools, 'node_modules/@openapitools/openapi-generator-cli/bin/openapi-generator.jar');
  const converted = join(folder, 'openapi-3.0.json');
  const convert = join(tools, 'node_modules/.bin/openapi-down-convert');
  await run(convert, ['--input', document, '--output', converted]);
  const old = withOldNulls(JSON.parse(readFileSync(converted, 'utf8')));
  writeFileSync(converted, JSON.stringify(old));
  return { command: ['java', '-jar', jar], document: converted, jar, name: `${OLD_GENERATOR}, from OpenAPI 3.0` };
}

/** Completes the converter's work: a reference or null in the form of 3.0, and a field of `info` that 3.0 does not have. */
function withOldNulls(value: unknown, isInfo = false): unknown {
  if (Array.isArray(value)) return value.map((each) => withOldNulls(each));
  if (typeof value !== 'object' || value === null) return value;
  const { oneOf, ...rest } = value as Record<string, unknown>;
  const content = Object.fromEntries(
    Object.entries(rest)
      .filter(([key]) => !(isInfo && key === 'summary'))
      .map(([key, each]) => [key, withOldNulls(each, key === 'info')]),
  );
  return Array.isArray(oneOf) ? { ...content, allOf: [oneOf[0]], nullable: true } : content;
}
