import type { App } from './app.ts';
import { describeError } from './operation/describe-error.ts';
import { Output } from './server/output.ts';
import { keepFilesPrivate } from './server/private-files.ts';
import { leave, onSignal, refuseDebugger } from './server/signals.ts';

// Before anything else, and before the rest is even loaded: for the first process of a container a signal does nothing
// until there is a listener.
let app: App | undefined;
let failed = false;
onSignal(() => (app === undefined ? process.exit(0) : void leave(app)));
refuseDebugger();
keepFilesPrivate();

const output = new Output(1);
const errors = new Output(2);
process.on('exit', () => {
  output.finish();
  errors.finish();
});
// whatever else writes there, such as a warning of Node's: that it cannot be written must not end the server
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const tellOf = (level: number, msg: string, error: unknown) =>
  errors.write(`${JSON.stringify({ level, time: Date.now(), msg, err: describeError(error) })}\n`);

// an unhandled rejection must not stop the server; its stack shows the cause
process.on('unhandledRejection', (error) => tellOf(50, 'unhandled', error));

// the state of the process is unknown: clients are disconnected, and the supervisor restarts it
process.on('uncaughtException', (error) => {
  tellOf(60, 'uncaught, and so the server ends', error);
  if (app === undefined || failed) process.exit(1);
  failed = true;
  void leave(app, 1);
});

try {
  const [{ createApp }, { loadConfig }] = await Promise.all([import('./app.ts'), import('./config/config.ts')]);
  app = await createApp(loadConfig(), output);
  output.write(`${app.summary.join('\n')}\n`);
} catch (error) {
  const { explain } = await import('./server/exit.ts');
  errors.write(`${explain(error)}\n`);
  process.exit(1);
}
