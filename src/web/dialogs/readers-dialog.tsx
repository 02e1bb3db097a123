import type { Participant, ShownMessage } from 'mmchat-client';
import type { KnownReaders } from '../chat/readers.ts';
import { Avatar } from '../parts/avatar.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { LongList } from '../parts/long-list.tsx';
import { drawable } from '../parts/marks.ts';
import { useReadable } from '../parts/use-readable.ts';

type Props = {
  message: ShownMessage;
  participants: readonly Participant[] | undefined;
  readers: KnownReaders;
  onClose: () => void;
};

/**
 * Who has read a message. The server tells whether everybody has, and by name only who does so while one is there to
 * hear it: what is not known is said to be so.
 */
export function ReadersDialog({ message, participants = [], readers: known, onClose }: Props) {
  const others = participants.filter(({ id }) => id !== message.senderId);
  const told = useReadable(known).get(message.id ?? 0);
  const readers = message.state === 'read' ? others : others.filter(({ id }) => told?.has(id));
  const read = new Set(readers);
  const rest = others.filter((each) => !read.has(each));
  return (
    <Dialog title="Who has read it" onClose={onClose}>
      <p class="quoted">{drawable(message.content)}</p>
      <People title="Read" people={readers} />
      <People title="Not known to have read it" people={rest} />
    </Dialog>
  );
}

function People({ title, people }: { title: string; people: readonly Participant[] }) {
  if (people.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <LongList
        items={people}
        row={({ id, username, profile_picture }) => (
          <li key={id} class="row">
            <Avatar name={username} picture={profile_picture} size="small" />
            <span class="title">{username}</span>
          </li>
        )}
      />
    </section>
  );
}
