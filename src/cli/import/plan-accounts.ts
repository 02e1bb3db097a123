import { randomBytes } from 'node:crypto';
import bcrypt from 'bcrypt';
import { emailKeyOf, isEmail, trimBlanks, usernameKeyOf } from '../../accounts/names.ts';
import { pictureOf } from './pictures.ts';
import type { Report } from './report.ts';
import type { Staging } from './staging.ts';
import { newUsername, validUsername } from './usernames.ts';

type SourceUser = {
  id: number;
  username: string | null;
  email: string | null;
  hash: string | null;
  picture: string | null;
  created: number | null;
  seen: number | null;
};

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z\d]{53}$/;
/** A higher cost would take a login many seconds, and a lower one does not exist. */
const [MIN_COST, MAX_COST] = [4, 16];
/** PHP's mark for the same algorithm, which the library does not know. */
const PHP_MARK = /^\$2y\$/;
const COST = 10;
const REPORTED_CHARACTERS = 2_048;

type Given = {
  /** The time of accounts without one, milliseconds since 1970. */
  readonly now: number;
  /** The server's own, for the addresses of pictures; empty if it is not known. */
  readonly origin: string;
};

/**
 * Makes an account of each user. The one with the lowest id keeps a name or an address that several have. A sender who is
 * missing gets an account that nobody can log in to.
 */
export async function planAccounts(staging: Staging, report: Report, { now, origin }: Given): Promise<void> {
  // a password that nobody knows: checking it takes as long as checking any other
  const unusable = await bcrypt.hash(randomBytes(32).toString('base64url'), COST);
  staging.run('begin');
  addUsers(staging, report, { unusable, now, origin });
  nameTheRest(staging, report);
  addMissingSenders(staging, report, { unusable, now });
  staging.run('commit');
}

type Defaults = { readonly unusable: string; readonly now: number };

const INSERT = 'insert into accounts values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

function addUsers(staging: Staging, report: Report, { unusable, now, origin }: Defaults & Given): void {
  const select = 'select * from source_users where id > ? order by id limit ?';
  for (const user of staging.byId<SourceUser>(select)) {
    const { id } = user;
    const name = validUsername(user.username ?? '');
    const key = name === undefined ? undefined : usernameKeyOf(name);
    const isFree = key !== undefined && !isNameTaken(staging, key);
    if (isFree && name !== user.username)
      report.add('username_changed', { user: id, before: user.username, after: name });
    const created = Math.floor(user.created ?? user.seen ?? now);
    staging.run(
      INSERT,
      id,
      isFree ? name : null,
      isFree ? key : null,
      ...addressOf(user, staging, report),
      hashOf(user, report) ?? unusable,
      profilePicture(user, origin, staging, report),
      Math.floor(user.seen ?? created),
      created,
      0,
    );
  }
}

const isNameTaken = (staging: Staging, key: string) =>
  staging.get('select 1 from accounts where username_key = ?', key) !== undefined;

/** Renames the users whose name is invalid or taken, when all others have theirs. */
function nameTheRest(staging: Staging, report: Report): void {
  const select = `select u.id, u.username from source_users u join accounts a on a.id = u.id
    where a.username is null and u.id > ? order by u.id limit ?`;
  for (const { id, username } of staging.byId<SourceUser>(select)) {
    const after = giveName(staging, id, username ?? '');
    report.add('username_changed', { user: id, before: username, after });
  }
}

function giveName(staging: Staging, id: number, similar: string): string {
  const name = newUsername(similar, id, (key) => isNameTaken(staging, key));
  staging.run('update accounts set username = ?, username_key = ? where id = ?', name, usernameKeyOf(name), id);
  return name;
}

/** The address and its key. Without an address the key has no `@`: no input leads to it, and no e-mail is ever sent. */
function addressOf({ id, email }: SourceUser, staging: Staging, report: Report): [address: string, key: string] {
  const address = trimBlanks(email ?? '');
  const key = isEmail(address) ? emailKeyOf(address) : undefined;
  const owner = key && staging.get<{ id: number }>('select id from accounts where email_key = ?', key)?.id;
  if (key !== undefined && owner === undefined) return [address, key];
  report.add('email_dropped', { user: id, before: email, ...(owner !== undefined && { kept_by_user: owner }) });
  return noAddress(id);
}

const noAddress = (id: number): [string, string] => ['', `none:${id}`];

function hashOf({ id, hash: given }: SourceUser, report: Report): string | undefined {
  const trimmed = given?.trim() ?? '';
  const cost = Number(BCRYPT.exec(trimmed)?.[1]);
  if (cost >= MIN_COST && cost <= MAX_COST) return trimmed.replace(PHP_MARK, '$2b$');
  const hash = Number.isNaN(cost) ? 'its hash is not one of bcrypt' : `its hash has the cost ${cost}`;
  report.add('password_unusable', { user: id, reason: trimmed === '' ? 'there is none' : hash });
  return undefined;
}

function profilePicture({ id, picture }: SourceUser, origin: string, staging: Staging, report: Report): string {
  const result = pictureOf(id, picture, origin);
  if ('url' in result) {
    const { url, avatar } = result;
    if (avatar) staging.run('insert into pictures values (?, ?, ?, ?)', id, url, avatar.contentType, avatar.content);
    return url;
  }
  const isShown = picture !== null && !/^\s*data:/i.test(picture);
  report.add('picture_dropped', {
    user: id,
    reason: result.dropped,
    ...(isShown && { before: picture.slice(0, REPORTED_CHARACTERS) }),
  });
  return '';
}

/** Messages without any sender get one account together. */
function addMissingSenders(staging: Staging, report: Report, { unusable, now }: Defaults): void {
  const missing = staging.all<{ sender: number | null; messages: number }>(`
    select m.sender_id as sender, count(*) as messages from source_messages m
    where m.conversation_id in (select id from source_conversations)
      and not exists (select 1 from source_users u where u.id = m.sender_id)
    group by m.sender_id order by m.sender_id is null, m.sender_id`);
  for (const { sender, messages } of missing) {
    const id = sender ?? (staging.highestIds.get('users') ?? 0) + 1;
    staging.run(INSERT, id, null, null, ...noAddress(id), unusable, '', now, now, 1);
    const username = giveName(staging, id, `deleted_${id}`);
    if (sender === null) {
      staging.run('update source_messages set sender_id = ? where sender_id is null', id);
      staging.highestIds.set('users', id);
    }
    report.add('account_created', { user: id, username, messages, sender_was_null: sender === null });
  }
}
