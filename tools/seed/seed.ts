import { sql } from 'kysely';
import { emailKeyOf, usernameKeyOf } from '../../src/accounts/names.ts';
import { Passwords } from '../../src/accounts/passwords.ts';
import { indexUsernames } from '../../src/accounts/username-ngrams.ts';
import type { Database } from '../../src/database/database.ts';
import { PASSWORD, PEOPLE } from './cast.ts';
import { type Happening, STORY_DAYS, storyOf } from './story.ts';
import { Teller } from './teller.ts';

const DAY_MS = 86_400_000;

type Options = { seed?: number; messages?: number; now?: number; cost: number };
export type Seeded = { usernames: readonly string[]; conversations: number; messages: number };

/**
 * Fills a database with users and four weeks of their conversations, reproducible by seed and time.
 * @param messages the approximate number
 * @param now when the story ends, milliseconds since 1970
 * @param cost of the password hash, like BCRYPT_COST
 */
export async function seedDatabase(
  database: Database,
  { seed = 1, messages = 5_000, now = Date.now(), cost }: Options,
): Promise<Seeded> {
  // data that a crash loses here can be created again
  if (database.kind === 'sqlite') await sql`pragma synchronous = off`.execute(database.sql);
  const earlier = await countPeople(database);
  const usernames = await freeNames(database);
  const ids = await enroll(database, usernames, now - (STORY_DAYS + 2) * DAY_MS, cost);
  const story = storyOf({ seed: seed + earlier, messages, now });
  await new Teller(database, ids).tell(story);
  await setLastSeen(database, ids, story);
  const count = (kind: Happening['kind']) => story.filter((each) => each.kind === kind).length;
  return { usernames, conversations: count('open'), messages: count('send') };
}

export async function countPeople(database: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from users`.execute(database.sql);
  return Number(rows[0]?.count ?? 0);
}

/** The cast's names, all with the same number as suffix if any name is taken. */
async function freeNames(database: Database): Promise<string[]> {
  for (let suffix = 1; ; suffix += 1) {
    const names = PEOPLE.map((name) => (suffix === 1 ? name : `${name}${suffix}`));
    const { rows } = await sql`
      select 1 from users where username_key in (${sql.join(names)})
        or email_key in (${sql.join(names.map(addressOf))})`.execute(database.sql);
    if (rows.length === 0) return names;
  }
}

const addressOf = (name: string) => `${name}@example.com`;

/** Creates the users. @returns their ids, in order */
async function enroll(database: Database, names: readonly string[], at: number, cost: number): Promise<number[]> {
  const passwordHash = await new Passwords(cost).hash(PASSWORD);
  const ids: number[] = [];
  for (const name of names) {
    const { rows } = await sql<{ id: number }>`
      insert into users (username, username_key, email, email_key, password_hash, last_seen, created_at)
      values (${name}, ${usernameKeyOf(name)}, ${addressOf(name)}, ${emailKeyOf(addressOf(name))}, ${passwordHash}, ${at}, ${at})
      returning id`.execute(database.sql);
    ids.push(rows[0]?.id ?? 0);
  }
  await indexUsernames(database.sql);
  return ids;
}

/** Sets `last_seen` of every user to their last action. */
async function setLastSeen(database: Database, ids: readonly number[], story: readonly Happening[]): Promise<void> {
  for (const [person, id] of ids.entries()) {
    const last = story.findLast(({ by }) => by === person);
    if (last !== undefined) await sql`update users set last_seen = ${last.at} where id = ${id}`.execute(database.sql);
  }
}
