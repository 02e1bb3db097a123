import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTemporaryFolder, removeTemporaryFolder } from './processes.ts';

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const DAYS = 2;

/** A certificate and its key, as texts and as files. */
export type Certificate = {
  readonly cert: string;
  readonly key: string;
  path(end: 'crt' | 'key'): string;
};

/** A certificate authority, created with the `openssl` program. */
export class Authority {
  readonly #folder = makeTemporaryFolder('authority');
  /** Its own certificate, as a file. */
  readonly file = join(this.#folder, 'ca.crt');
  #issued = 0;

  constructor(name = 'An authority for tests') {
    this.#openssl('req', '-x509', ...NEW_KEY, ...subject(name), ...days(DAYS), ...to('ca'));
  }

  /** Its own certificate, which has to be trusted to accept those that it issues. */
  get cert(): string {
    return readFileSync(this.file, 'utf8');
  }

  /**
   * @param names such as `DNS:localhost`; none for the certificate of a user
   * @param user the user of a client certificate
   * @param forDays from now; -1 for an expired one
   */
  issue({ names, user = 'test', forDays = DAYS }: { names?: string; user?: string; forDays?: number }): Certificate {
    this.#issued += 1;
    const name = `issued-${this.#issued}`;
    const extension = names === undefined ? [] : ['-addext', `subjectAltName=${names}`];
    const [key, request] = [`${name}.key`, `${name}.csr`];
    this.#openssl('req', ...NEW_KEY, ...subject(user), ...extension, '-keyout', key, '-out', request);
    const signing = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy'];
    this.#openssl('x509', '-req', '-in', request, ...signing, ...days(forDays), '-out', `${name}.crt`);
    const path = (end: 'crt' | 'key') => join(this.#folder, `${name}.${end}`);
    return { cert: readFileSync(path('crt'), 'utf8'), key: readFileSync(path('key'), 'utf8'), path };
  }

  remove(): void {
    removeTemporaryFolder(this.#folder);
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: 'pipe' });
  }
}

const subject = (name: string) => ['-subj', `/CN=${name}`];
const days = (count: number) => ['-days', String(count)];
const to = (name: string) => ['-keyout', `${name}.key`, '-out', `${name}.crt`];
