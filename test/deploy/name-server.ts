import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort, makeTemporaryFolder, removeTemporaryFolder, startProcess } from '../support/processes.ts';

export type NameServer = {
  readonly port: number;
  /** Sets the addresses of the name. */
  set(addresses: readonly string[]): Promise<void>;
  stop(): Promise<void>;
};

/** Starts dnsmasq on a free port of 127.0.0.1, for one name with several addresses, like Docker’s DNS. */
export async function startNameServer(binary: string, name: string, addresses: string[]): Promise<NameServer> {
  const folder = makeTemporaryFolder('dns');
  const file = join(folder, 'hosts');
  const write = (all: readonly string[]) => writeFileSync(file, all.map((each) => `${each} ${name}\n`).join(''));
  write(addresses);
  const port = await freePort();
  const names = ['--no-resolv', '--no-hosts', `--addn-hosts=${file}`, '--local-ttl=0'];
  const place = [`--port=${port}`, '--listen-address=127.0.0.1', '--bind-interfaces', `--user=${userInfo().username}`];
  const args = ['--conf-file=/dev/null', '--keep-in-foreground', '--pid-file', ...names, ...place];
  const program = await startProcess(binary, args, { ready: port });
  return {
    port,
    async set(all) {
      write(all);
      await program.kill('SIGHUP'); // it reads the file again
    },
    async stop() {
      await program.stop();
      removeTemporaryFolder(folder);
    },
  };
}
