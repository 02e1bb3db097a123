import { domainToASCII } from 'node:url';
import type { Migration } from '@mikro-orm/migrations';

type Row = { id: number; email: string; email_key: string };

/**
 * Updates the keys of addresses. If two accounts have the same address in two spellings, the first one gets the new key;
 * the other keeps its key, and can be logged in to by its username.
 */
async function rewrite(migration: Migration, where: string, keyOf: (email: string) => string): Promise<void> {
  const rows = (await migration.execute(`select id, email, email_key from users where ${where} order by id`)) as Row[];
  for (const { id, email, email_key: before } of rows) {
    const key = keyOf(email);
    if (key === before) continue;
    await migration.execute(
      'update users set email_key = ? where id = ? and not exists (select 1 from users o where o.email_key = ?)',
      [key, id, key],
    );
  }
}

/** Domains in ASCII form: `xn--…` for other scripts. @param notAscii a condition on `email_key` */
export const withDomainsInAscii = (migration: Migration, notAscii: string) =>
  rewrite(migration, notAscii, (email) => {
    const at = email.lastIndexOf('@');
    const key = email.normalize('NFC').toLowerCase();
    const domain = domainToASCII(email.slice(at + 1));
    return domain === '' ? key : `${email.slice(0, at).normalize('NFC').toLowerCase()}@${domain}`;
  });

/** As they were before. */
export const withDomainsAsTyped = (migration: Migration) =>
  rewrite(migration, `email_key like '%xn--%'`, (email) => email.normalize('NFC').toLowerCase());
