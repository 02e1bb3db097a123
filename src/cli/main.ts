#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { RESTORED } from '../installation/restored.ts';
import { explain } from '../server/exit.ts';
import { keepFilesPrivate } from '../server/private-files.ts';
import type { Command } from './command.ts';
import { IMPORT } from './import/command.ts';

const COMMANDS: Readonly<Record<string, Command>> = { import: IMPORT, restored: RESTORED };

const USAGE = [
  'Usage: npx mmchat COMMAND [OPTIONS]',
  '',
  ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`),
  '',
  'See npx mmchat COMMAND --help. DATABASE_URL names the database; .env in the current folder is read.',
].join('\n');

keepFilesPrivate();
const [name = '--help', ...args] = process.argv.slice(2);
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
if (command !== undefined) await runCommand(command);
else if (['--help', '-h', 'help'].includes(name)) console.log(USAGE);
else {
  console.error(`Unknown command: ${name}\n\n${USAGE}`);
  process.exitCode = 2;
}

async function runCommand({ summary, help, options, run }: Command): Promise<void> {
  let given: Readonly<Record<string, unknown>>;
  try {
    given = parseArgs({ args, options: { ...options, help: { type: 'boolean', short: 'h' } } }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\nSee npx mmchat ${name} --help.`);
    process.exitCode = 2;
    return;
  }
  if (given.help === true) return console.log(`npx mmchat ${name}: ${summary}\n\n${help}`);
  try {
    console.log(await run(given));
  } catch (error) {
    console.error(explain(error, `mmchat ${name} failed`));
    process.exitCode = 1;
  }
}
