import type { Report } from './report.ts';
import type { Staging } from './staging.ts';

/** Places the messages of each conversation, in order of time and id: `seq` is dense, and a part of a long text has its own. */
export function planMessages(staging: Staging, report: Report): void {
  staging.run(`insert into placed
    select c.target, sum(m.parts) over earlier - m.parts + 1 + (t.notice is not null), m.id, m.sender_id, m.parts,
      not m.is_deleted, sum(m.parts * not m.is_deleted) over earlier, cast(m.at as integer)
    from source_messages m join conversations c on c.id = m.conversation_id join conversations t on t.id = c.target
    window earlier as (partition by c.target order by m.at, m.id rows unbounded preceding)`);
  staging.run(`insert into placed
    select c.id, 1, null, (
        select m.user_id from members m where m.conversation_id = c.id order by m.is_admin desc, m.joined, m.user_id limit 1
      ), 1, 0, 0, cast(c.created as integer)
    from conversations c where c.notice is not null`);
  staging.run(`insert into totals
    select c.id, coalesce(max(p.seq + p.parts - 1), 0), coalesce(sum(p.parts) filter (where p.message_id is not null), 0),
      coalesce(max(p.lives), 0),
      coalesce(max(p.at) filter (where p.message_id is not null), cast(c.created as integer))
    from conversations c left join placed p on p.conversation_id = c.id where c.target = c.id group by c.id`);
  staging.run('create unique index placed_messages on placed (message_id)');
  staging.run('create unique index placed_by_life on placed (conversation_id, lives) where is_live');
  staging.run('create index placed_by_time on placed (conversation_id, at, seq)');
  reportStatuses(staging, report);
}

type Statuses = { conversation: number; user: number; rows: number };

/** Rows of `message_status` that say nothing about a member and a message. */
function reportStatuses(staging: Staging, report: Report): void {
  const { rows = 0 } =
    staging.get<{ rows: number }>(
      'select count(*) as rows from source_status s where not exists (select 1 from placed p where p.message_id = s.message_id)',
    ) ?? {};
  if (rows > 0) report.add('status_left_behind', { reason: 'their message is missing', rows });
  const unknown = staging.get<{ rows: number }>('select count(*) as rows from source_status where kind = 0')?.rows ?? 0;
  if (unknown > 0)
    report.add('status_left_behind', { reason: 'their status is neither delivered nor read', rows: unknown });
  const others = staging.iterate<Statuses>(`
    select p.conversation_id as conversation, s.user_id as user, count(*) as rows
    from source_status s join placed p on p.message_id = s.message_id
    where s.user_id is not p.sender_id and not exists (
      select 1 from members m where m.conversation_id = p.conversation_id and m.user_id = s.user_id)
    group by 1, 2`);
  for (const each of others) report.add('status_left_behind', { reason: 'their user is not a member', ...each });
}
