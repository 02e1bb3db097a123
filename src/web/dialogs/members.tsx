import type { Participant } from 'mmchat-client';
import { Avatar } from '../parts/avatar.tsx';

type Props = {
  participants: readonly Participant[];
  myId: number;
  isAdmin: boolean;
  onRemove: (id: number) => void;
};

/** The people in a group; an admin can take others out. */
export function Members({ participants, myId, isAdmin, onRemove }: Props) {
  return (
    <section aria-labelledby="members">
      <h3 id="members">{participants.length === 1 ? '1 member' : `${participants.length} members`}</h3>
      <ul class="rows">
        {participants.map(({ id, username, profile_picture, is_admin, online }) => (
          <li key={id} class="row">
            <Avatar name={username} picture={profile_picture} size="small" online={online} />
            <span class="title">
              {username}
              {id === myId && ' (you)'}
              {online && <span class="unseen">, online</span>}
            </span>
            {is_admin && <span class="role">Admin</span>}
            {isAdmin && id !== myId && (
              <button type="button" class="link" onClick={() => onRemove(id)}>
                Remove<span class="unseen"> {username}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
