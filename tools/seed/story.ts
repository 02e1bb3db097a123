import { type Circle, GROUPS, PAIRS, PEOPLE } from './cast.ts';
import { dialogue, mistyped } from './dialogues.ts';
import { type Chance, chanceOf } from './random.ts';

/** A user's action and its time (milliseconds since 1970). Users and conversations have numbers, messages have keys. */
export type Happening = { at: number; by: number; conversation: number } & (
  | { kind: 'open'; members: readonly number[]; name: string | undefined }
  | { kind: 'send'; key: number; text: string }
  | { kind: 'edit'; key: number; text: string }
  | { kind: 'delete'; key: number }
  /** Reads all new messages, or only the last few. */
  | { kind: 'read'; last?: number }
  | { kind: 'confirm' }
  | { kind: 'add' | 'remove'; whom: number }
  | { kind: 'rename'; name: string }
);

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
export const STORY_DAYS = 28;
/** The approximate number of messages in a dialogue. */
const LINES = 5.2;
const SPEAKERS = 3;

/**
 * Four weeks of conversations that end now, reproducible by seed: mostly read, with some messages edited, deleted, partly
 * read or unread.
 * @param messages the approximate number
 * @param now milliseconds since 1970
 */
export function storyOf({ seed, messages, now }: { seed: number; messages: number; now: number }): Happening[] {
  const chance = chanceOf(seed);
  const circles = [...GROUPS, ...PAIRS];
  const weights = circles.reduce((sum, { weight }) => sum + weight, 0);
  const told = circles.flatMap((circle, conversation) => {
    const dialogues = Math.max(1, Math.round((messages / LINES) * (circle.weight / weights)));
    return new Telling(circle, conversation, now, chance).tell(dialogues);
  });
  return told.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
}

/** The actions in one conversation. */
class Telling {
  readonly #circle: Circle;
  readonly #conversation: number;
  readonly #now: number;
  readonly #chance: Chance;
  readonly #happenings: Happening[] = [];
  #present: readonly number[];
  #sent = 0;

  constructor(circle: Circle, conversation: number, now: number, chance: Chance) {
    this.#circle = circle;
    this.#conversation = conversation;
    this.#now = now;
    this.#chance = chance;
    this.#present = circle.members;
  }

  tell(dialogues: number): readonly Happening[] {
    const moments = Array.from({ length: dialogues }, () => this.#moment()).sort((a, b) => a - b);
    const { members, name } = this.#circle;
    const [creator, first] = [members[0] ?? 0, moments[0] ?? this.#now];
    this.#add(first - MINUTE_MS, creator, { kind: 'open', members, name });
    let free = 0;
    for (const [index, moment] of moments.entries()) {
      const start = Math.max(moment, free);
      this.#change(start - SECOND_MS, index / dialogues, (index + 1) / dialogues);
      free = this.#talk(start) + 5 * MINUTE_MS;
    }
    return this.#happenings;
  }

  /** A random time during the day, within the story. */
  #moment(): number {
    const day = this.#now - this.#chance.between(0, STORY_DAYS - 1) * DAY_MS;
    const moment = day - (day % DAY_MS) + this.#chance.between(7 * HOUR_MS, 22 * HOUR_MS);
    return moment < this.#now - 10 * MINUTE_MS ? moment : this.#moment();
  }

  /** Changes members and name once each, at given fractions of the story. */
  #change(at: number, from: number, to: number): void {
    const { members, joins, leaves, renamed } = this.#circle;
    const admin = members[0] ?? 0;
    const isDue = (share: number) => from <= share && share < to;
    if (renamed !== undefined && isDue(0.25)) this.#add(at, admin, { kind: 'rename', name: renamed });
    if (joins !== undefined && isDue(0.5)) {
      this.#present = [...this.#present, joins];
      this.#add(at, admin, { kind: 'add', whom: joins });
    }
    if (leaves !== undefined && isDue(0.75)) {
      this.#present = this.#present.filter((each) => each !== leaves);
      this.#add(at, leaves, { kind: 'remove', whom: leaves });
    }
  }

  /** Adds one dialogue and its reading. @returns its end */
  #talk(start: number): number {
    const speakers = this.#chance.some(this.#present, SPEAKERS);
    let at = start;
    const spoke = new Map<number, number>();
    for (const { speaker, text } of dialogue(this.#chance, speakers.map(nameOf))) {
      const by = speakers[speaker] ?? 0;
      this.#say(at, by, text);
      spoke.set(by, at);
      at += this.#chance.between(8, 150) * SECOND_MS;
    }
    for (const member of this.#present) this.#read(member, at, start, spoke.get(member));
    return at;
  }

  #say(at: number, by: number, text: string): void {
    const slip = this.#chance.happens(0.05) ? mistyped(text, this.#chance) : undefined;
    const key = this.#send(at, by, slip ?? text);
    if (slip !== undefined) this.#add(at + this.#chance.between(2, 7) * SECOND_MS, by, { kind: 'edit', key, text });
    if (!this.#chance.happens(0.02)) return;
    const wrong = this.#send(
      at + SECOND_MS,
      by,
      this.#chance.one(['Oops, that was for another chat', 'asdf', '👍👍👍👍']),
    );
    this.#add(at + 6 * SECOND_MS, by, { kind: 'delete', key: wrong });
  }

  /** Speakers mostly read the rest immediately; of the others some read later, some partly, some not at all. */
  #read(by: number, end: number, start: number, spokeAt: number | undefined): void {
    const isOfToday = start > this.#now - DAY_MS;
    if (spokeAt !== undefined && !(isOfToday && this.#chance.happens(0.4)))
      return this.#add(end + this.#chance.between(1, 60) * SECOND_MS, by, { kind: 'read' });
    const later = end + this.#chance.between(10 * MINUTE_MS, 5 * HOUR_MS);
    if (this.#chance.happens(0.7)) this.#add(later - 5 * MINUTE_MS, by, { kind: 'confirm' });
    if (this.#chance.happens(isOfToday ? 0.2 : 0.6)) this.#add(later, by, { kind: 'read' });
    else if (this.#chance.happens(isOfToday ? 0.5 : 0.2)) this.#add(later, by, { kind: 'read', last: 2 });
  }

  #send(at: number, by: number, text: string): number {
    const key = this.#conversation * 1_000_000 + this.#sent;
    this.#sent += 1;
    this.#add(at, by, { kind: 'send', key, text });
    return key;
  }

  #add(at: number, by: number, what: DistributiveOmit<Happening, 'at' | 'by' | 'conversation'>): void {
    this.#happenings.push({ ...what, at, by, conversation: this.#conversation });
  }
}

type DistributiveOmit<T, Key extends keyof T> = T extends unknown ? Omit<T, Key> : never;

function nameOf(person: number): string {
  const name = PEOPLE[person] ?? '';
  return name.charAt(0).toUpperCase() + name.slice(1);
}
