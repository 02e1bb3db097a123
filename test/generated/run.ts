import { startApp } from '../support/app.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { type Chat, CLIENTS } from './clients.ts';
import { MissingTool } from './missing-tool.ts';

/**
 * `npm run test:generated`: generates clients from the documents of a running server, and runs one chat with each.
 * Names of clients as arguments select those. Exits with 0 if every chat succeeded, with 1 if one failed, and with 2 if
 * none failed but the tools for one are missing, so that a client that was not tested never counts as passed.
 */
const FAILED = 1;
const NOT_RUN = 2;

async function outcomeOf(client: string, chat: Chat, folder: string): Promise<{ line: string; status: number }> {
  try {
    const generator = await CLIENTS[client]?.(chat, folder);
    return { line: `ran      ${client} (${generator})`, status: 0 };
  } catch (error) {
    if (error instanceof MissingTool) return { line: `not run  ${client}: ${error.message}`, status: NOT_RUN };
    return { line: `FAILED   ${client}: ${describe(error)}`, status: FAILED };
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
  return [error.message, stdout, stderr].join('\n');
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in CLIENTS));
if (unknown.length > 0)
  throw new Error(`there is no client named ${unknown.join(', ')}; there are ${Object.keys(CLIENTS).join(', ')}`);
const app = await startApp();
const statuses: number[] = [];
try {
  const document = await (await fetch(`${app.url}/openapi.json`)).text();
  for (const client of asked.length > 0 ? asked : Object.keys(CLIENTS)) {
    const [alice, bob] = await app.people('alice', 'bob');
    const folder = makeTemporaryFolder('generated');
    const chat: Chat = { document, args: [app.url, alice.username, bob.username, alice.password] };
    const { line, status } = await outcomeOf(client, chat, folder);
    process.stdout.write(`${line}\n`);
    statuses.push(status);
    removeTemporaryFolder(folder);
  }
} finally {
  await app.stop();
}
process.exitCode = statuses.includes(FAILED) ? FAILED : Math.max(...statuses);
