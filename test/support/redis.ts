import { findBinary, freePort, makeTemporaryFolder, removeTemporaryFolder, startProcess } from './processes.ts';

export type Redis = {
  readonly port: number;
  readonly url: string;
  /** Sends the signal to the server, then waits for its end if the signal (TERM, INT, QUIT, KILL) requests one. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Stops the server, cutting every connection, and starts it again on the same port, empty. Also starts a killed one. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

/**
 * Starts a separate Redis on a free port of 127.0.0.1 without persistence. Returns undefined if it is not installed.
 * @param settings further arguments of redis-server
 */
export async function startRedis(settings: readonly string[] = []): Promise<Redis | undefined> {
  const binary = findBinary('redis-server');
  if (binary === undefined) return undefined;
  const folder = makeTemporaryFolder('redis');
  const port = await freePort();
  const place = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder];
  const args = [...place, '--save', '', '--appendonly', 'no', ...settings];
  const start = () => startProcess(binary, args, { ready: /Ready to accept connections/, cwd: folder });
  let server = await start();

  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    kill: (signal) => server.kill(signal),
    async restart() {
      await server.stop();
      server = await start();
    },
    async stop() {
      await server.stop();
      removeTemporaryFolder(folder);
    },
  };
}
