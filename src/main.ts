import { createApp } from './app.ts';
import { ConfigError, environment, readConfig } from './config.ts';

try {
  const app = await createApp(readConfig(environment()));
  console.log(app.summary.join('\n'));
  const stop = () => void app.stop().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return `MmChat cannot start:\n${error.message.replace(/^/gm, '  ')}`;
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE')
    return `MmChat cannot start: port ${port} is taken. Choose another with HTTP_ADDR, such as HTTP_ADDR=:8081.`;
  return `MmChat cannot start: ${message}`;
}
