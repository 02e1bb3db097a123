import { sql } from 'kysely';
import { object } from 'yup';
import { ChatError } from '../errors.ts';
import { idOfGroup } from '../inputs.ts';
import { operation } from '../operation.ts';
import { timeOf } from '../time.ts';
import { conversationOf } from './participation.ts';

type Listed = { id: number; username: string; profilePicture: string; lastSeen: number; isAdmin: boolean };

/** The people in a conversation, longest-standing first. */
export const listParticipants = operation({
  reads: true,
  input: object({ conversation_id: idOfGroup() }),
  async run({ conversation_id: conversationId }, caller, { database, presence }) {
    await conversationOf(database, caller, conversationId);
    const { rows } = await sql<Listed>`
      select u.id, u.username, u.profile_picture as "profilePicture", u.last_seen as "lastSeen", p.is_admin as "isAdmin"
      from participants p join users u on u.id = p.user_id
      where p.conversation_id = ${conversationId} and exists (
        select 1 from participants v where v.conversation_id = p.conversation_id and v.user_id = ${caller.userId}
      ) order by p.joined_at, p.user_id`.execute(database.sql);
    if (rows.length === 0) throw new ChatError('not_participant'); // removed since they were found to be in it
    const participants = rows.map(({ id, username, profilePicture, lastSeen, isAdmin }) => ({
      id,
      username,
      profile_picture: profilePicture,
      is_admin: Boolean(isAdmin),
      online: presence.isOnline(id),
      last_seen: timeOf(presence.lastSeen(id, lastSeen)),
    }));
    return { participants };
  },
});
