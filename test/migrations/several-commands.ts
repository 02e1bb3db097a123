import { copyFileSync, rmSync } from 'node:fs';
import { CLIHelper, configure } from '@mikro-orm/cli';

// Runs several commands of MikroORM's command line in this one process, which loads the project once. A configuration
// holds its connection, which a command closes: each command loads one of its own. `DATABASE_URL=` changes the database of
// the commands after it, and `rm=` removes a file.
// Node loads TypeScript itself: the loader of the command line, which runs in a thread, takes half of the time.
process.env.MIKRO_ORM_CLI_ALWAYS_ALLOW_TS = '1';
CLIHelper.registerTypeScriptSupport = async () => true;
const commands = await configure();
for (const [index, argument] of process.argv.slice(2).entries()) {
  const [command = '', value] = argument.split(/=(.*)/s);
  if (command === 'rm') rmSync(value ?? '');
  else if (value !== undefined) process.env[command] = value;
  else await run(command, `mikro-orm.${index}.config.ts`);
}

async function run(command: string, config: string): Promise<void> {
  console.log(`> ${command}`);
  copyFileSync('mikro-orm.config.ts', config);
  process.once('exit', () => rmSync(config));
  await commands.parse([`migration:${command}`, '--config', `./${config}`]);
}
