import type { Participant, ShownMessage } from 'mmchat-client';
import type { ReadersStore } from '../chat/readers-store.ts';
import { Avatar } from '../components/avatar.tsx';
import { limitCombiningMarks } from '../components/combining-marks.ts';
import { Dialog } from '../components/dialog.tsx';
import { LongList } from '../components/long-list.tsx';
import { useStore } from '../components/use-store.ts';

type Props = {
  message: ShownMessage;
  participants: readonly Participant[] | undefined;
  readers: ReadersStore;
  onClose: () => void;
};

/**
 * The readers of a message. The server only reports whether everybody has read it; single readers are known from the
 * receipts received while online. Others may have read it too.
 */
export function ReadersDialog({ message, participants = [], readers: known, onClose }: Props) {
  const others = participants.filter(({ id }) => id !== message.senderId);
  const receivedFrom = useStore(known).get(message.id ?? 0);
  const readers = message.state === 'read' ? others : others.filter(({ id }) => receivedFrom?.has(id));
  const read = new Set(readers);
  const rest = others.filter((each) => !read.has(each));
  return (
    <Dialog title="Read receipts" onClose={onClose}>
      <p class="quoted">{limitCombiningMarks(message.content)}</p>
      <People title="Read" people={readers} />
      <People title="Not confirmed yet" people={rest} />
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
