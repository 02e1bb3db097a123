import { copyFileSync, rmSync } from 'node:fs';
import { configure } from '@mikro-orm/cli';

// Runs several commands of MikroORM's command line in this one process, which loads the project once. A configuration
// holds its connection, which a command closes: each command loads one of its own.
const commands = await configure();
for (const [index, command] of process.argv.slice(2).entries()) {
  console.log(`> ${command}`);
  const config = `mikro-orm.${index}.config.ts`;
  copyFileSync('mikro-orm.config.ts', config);
  process.once('exit', () => rmSync(config));
  await commands.parse([`migration:${command}`, '--config', `./${config}`]);
}
