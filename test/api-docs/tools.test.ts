import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { compileTypes, generateTypes } from '../generated/typescript/generate.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { IS_SOAK } from '../support/soak.ts';
import type { OpenApi } from './documents.ts';

const run = promisify(execFile);
const BIN = join(import.meta.dirname, '../../node_modules/.bin');
const DOCUMENTS = ['openapi.json', 'asyncapi.json'];
/** Spectral takes three seconds for the other one, which Redocly and `documents.test.ts` check too. */
const FOR_SPECTRAL = IS_SOAK ? DOCUMENTS : ['openapi.json'];
const WRONG = 'wrong.json';
/** Accepted warnings: events are types of the document although no HTTP answer has them; there is no contact. */
const REDOCLY = {
  extends: ['recommended'],
  rules: { 'no-unused-components': 'off', 'no-server-example.com': 'off' },
};
const SPECTRAL = {
  extends: ['spectral:oas', 'spectral:asyncapi'],
  rules: {
    'oas3-unused-component': 'off',
    'info-contact': 'off',
    'asyncapi-info-contact': 'off',
    'asyncapi-latest-version': 'off',
  },
};

/** A problem as one of the two linters reports it. */
type Problem = { ruleId?: string; code?: string };

/** The output of a linter, with any exit code. */
async function outputOf(command: string, args: readonly string[], cwd: string): Promise<string> {
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', CI: 'true' };
  try {
    return (await run(join(BIN, command), args, { cwd, env })).stdout;
  } catch (error) {
    return String(error instanceof Error && 'stdout' in error ? error.stdout : error);
  }
}

/** The document with a duplicate operation id without responses. */
function wrongOne(document: OpenApi): object {
  const { '/api/me': me, ...paths } = document.paths;
  const wrong = { operationId: 'sendMessage', parameters: [{ name: 'x' }] };
  return { ...document, paths: { ...paths, '/api/me': { ...me, get: wrong } } };
}

describe('Third-party tools', function () {
  this.timeout(120_000);
  let app: TestApp;
  let folder: string;
  let openApi: string;
  before(async () => {
    app = await startApp();
    folder = makeTemporaryFolder('tools');
    for (const name of DOCUMENTS) writeFileSync(join(folder, name), await (await fetch(`${app.url}/${name}`)).text());
    openApi = await (await fetch(`${app.url}/openapi.json`)).text();
    writeFileSync(join(folder, WRONG), JSON.stringify(wrongOne(JSON.parse(openApi))));
    writeFileSync(join(folder, 'redocly.yaml'), JSON.stringify(REDOCLY));
    writeFileSync(join(folder, 'spectral.json'), JSON.stringify(SPECTRAL));
  });
  after(async () => {
    await app.stop();
    removeTemporaryFolder(folder);
  });

  it('report a wrong document, and no problem in the server’s documents: Redocly and Spectral', async () => {
    const [redocly, spectral] = await Promise.all([
      outputOf('redocly', ['lint', ...DOCUMENTS, WRONG, '--format=json'], folder),
      outputOf('spectral', ['lint', ...FOR_SPECTRAL, WRONG, '--ruleset=spectral.json', '--format=json'], folder),
    ]);
    // one JSON object per file, concatenated
    const perFile = redocly.split(/(?<=^\})(?=\{)/m).map((text): { problems: Problem[] } => JSON.parse(text));
    expect(perFile).to.have.length(DOCUMENTS.length + 1);
    const found: Problem[] = [...perFile.flatMap(({ problems }) => problems), ...JSON.parse(spectral)];
    const isOfWrong = (problem: Problem) => JSON.stringify(problem).includes(WRONG);
    expect(found.filter((problem) => !isOfWrong(problem))).to.deep.equal([]);
    const complaints = found.filter(isOfWrong).map(({ ruleId, code }) => ruleId ?? code);
    expect(complaints).to.include.members(['operation-operationId-unique', 'oas3-schema']);
  });

  it('generate types that a program compiles against: openapi-typescript', async () => {
    const types = makeTemporaryFolder('types');
    try {
      await generateTypes(openApi, types);
      expect(await compileTypes(types)).to.equal('');
    } finally {
      removeTemporaryFolder(types);
    }
  });
});
