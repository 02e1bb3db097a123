import { createApp } from './app.ts';
import { environment, readConfig } from './config.ts';
import { describeError } from './describe-error.ts';
import { explain, leave, onSignal } from './leaving.ts';
import { keepFilesPrivate } from './private-files.ts';

keepFilesPrivate();

// a promise that nobody waited for must not end everybody's chat; where it came from shows what to mend
process.on('unhandledRejection', (error) =>
  console.error(JSON.stringify({ level: 50, msg: 'unhandled', err: describeError(error) })),
);

try {
  const app = await createApp(readConfig(environment()));
  console.log(app.summary.join('\n'));
  onSignal(() => void leave(app));
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}
