import { isVisible } from '../../operation/inputs.ts';
import { toPlainLine } from '../../operation/text.ts';
import { indexMessages } from './plan-conversations.ts';
import type { Report } from './report.ts';
import type { Staging } from './staging.ts';

const NAME_CHARACTERS = 100;
const MOST_NAMES = 3;

/** A name as it is stored: on one line, and visible; otherwise undefined. */
function plainName(name: string | null): string | undefined {
  const plain = toPlainLine((name ?? '').toWellFormed());
  return isVisible(plain) ? plain : undefined;
}

/**
 * Names the groups. A name that is too long ends with `…`; the whole name becomes the first message of the group, a system
 * message, so that its members keep it.
 */
export function planNames(staging: Staging, report: Report): void {
  staging.run('begin');
  const select = 'select id, name from conversations where is_group and id > ? order by id limit ?';
  for (const { id, name: before } of staging.byId<{ id: number; name: string | null }>(select)) {
    const plain = plainName(before);
    const full = plain ?? nameOfMembers(staging, id);
    const characters = [...full];
    const isLong = characters.length > NAME_CHARACTERS;
    const after = isLong ? `${characters.slice(0, NAME_CHARACTERS - 1).join('')}…` : full;
    if (plain === undefined) report.add('group_named', { conversation: id, before, after });
    else if (after !== before) report.add('group_renamed', { conversation: id, before, after });
    const isKept = isLong && staging.get('select 1 from members where conversation_id = ? limit 1', id) !== undefined;
    staging.run('update conversations set name = ?, notice = ? where id = ?', after, isKept ? full : null, id);
  }
  staging.run('commit');
}

/** The names of the members and of former members who have written, such as `ann, ben, cid and 4 more`. */
function nameOfMembers(staging: Staging, id: number): string {
  indexMessages(staging);
  const people = `select user_id as id from members where conversation_id = ?
    union select sender_id from source_messages where conversation_id = ?`;
  const names = staging.all<{ username: string }>(
    `select username from accounts where id in (${people}) order by is_missing, id limit ${MOST_NAMES}`,
    id,
    id,
  );
  const count = staging.get<{ count: number }>(`select count(*) as count from (${people})`, id, id)?.count ?? 0;
  if (count === 0) return `Conversation ${id}`;
  const listed = names.map(({ username }) => username).join(', ');
  return count > names.length ? `${listed} and ${count - names.length} more` : listed;
}
