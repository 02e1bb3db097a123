import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { StartError } from '../../database/start-error.ts';

/** What the import decides by a rule: the kinds of lines in the report, and the sentence about each in the output. */
export const DECISIONS = {
  username_changed: 'usernames were changed',
  email_dropped: 'accounts have no e-mail address, because theirs is missing, invalid or that of another account',
  password_unusable: 'accounts have no usable password, and have to reset it by e-mail',
  picture_dropped: 'pictures were dropped',
  account_created: 'accounts were created for senders that are missing',
  time_replaced: 'times were missing or invalid, and were replaced',
  text_split: 'messages were longer than 4,096 characters, and were split',
  characters_replaced: 'texts contained NUL characters, which were replaced by U+FFFD',
  deleted_text_dropped: 'texts of deleted messages were dropped',
  private_merged: 'private conversations were merged with another one of the same two users',
  private_as_group: 'private conversations do not have two members, and were kept as groups',
  private_name_dropped: 'names of private conversations were dropped',
  group_named: 'groups had no name, and were named after their members',
  group_renamed: 'names of groups were changed',
  admin_appointed: 'groups had no admin, and the member who joined first became it',
  members_merged: 'memberships were there several times',
  member_left_behind: 'memberships were left behind, because their user or conversation is missing',
  message_left_behind: 'messages were left behind, because their conversation is missing',
  status_left_behind: 'groups of rows of message_status were left behind',
  read_by_joining: 'members had not read messages from before they joined, which do not count as unread',
} as const;
export type Decision = keyof typeof DECISIONS;

const FLUSH_CHARACTERS = 65_536;

/** The report: one JSON object per line, each with its `decision`. */
export class Report {
  readonly path: string;
  readonly counts = new Map<Decision, number>();
  readonly #file: number;
  #buffer = '';

  /**
   * Replaces an earlier report; only its owner may read it.
   * @throws StartError if there is another file, which may be a database; the error of the system if it cannot be written
   */
  constructor(path: string) {
    this.path = resolve(path);
    this.#file = openSync(this.path, constants.O_RDWR | constants.O_CREAT, 0o600);
    if (!fstatSync(this.#file).isFile()) return;
    if (isOther(this.#file)) {
      closeSync(this.#file);
      throw new StartError(`${this.path} is not the report of an import. Nothing was changed. Name another --report.`);
    }
    ftruncateSync(this.#file);
    fchmodSync(this.#file, 0o600);
  }

  add(decision: Decision, fields: object): void {
    this.counts.set(decision, (this.counts.get(decision) ?? 0) + 1);
    this.write({ decision, ...fields });
  }

  /** A line that is no decision. */
  write(line: object): void {
    this.#buffer += `${JSON.stringify(line)}\n`;
    if (this.#buffer.length >= FLUSH_CHARACTERS) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    writeSync(this.#file, this.#buffer);
    this.#buffer = '';
  }
}

/** Whether a file has content that is not one of a report. */
function isOther(file: number): boolean {
  const start = Buffer.alloc(1);
  return readSync(file, start, 0, 1, 0) === 1 && start.toString() !== '{';
}
