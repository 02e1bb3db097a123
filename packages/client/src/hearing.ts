import type { Numbered } from './conversation.ts';
import type { Engine } from './engine.ts';
import type { ServerEventName, ServerEvents } from './protocol.ts';

type Around = Pick<Engine, 'me' | 'known' | 'catching' | 'others' | 'people' | 'events' | 'showPerson'>;
type Hear<Name extends ServerEventName> = (payload: ServerEvents[Name], around: Around) => void;

/** What a live event means for what is known. Unknown events are for a newer client. */
export function hear(event: string, payload: unknown, around: Around): void {
  if (Object.hasOwn(HEARING, event)) HEARING[event as ServerEventName](payload as never, around);
}

const numbered =
  <Name extends Numbered>(name: Name): Hear<Name> =>
  (event, around) =>
    take(name, event, around);

const HEARING: { readonly [Name in ServerEventName]: Hear<Name> } = {
  message: numbered('message'),
  system_message: numbered('system_message'),
  edited_message: numbered('edited_message'),
  deleted_message: numbered('deleted_message'),
  conversation_update: (event, around) => update(event, around),
  read_receipt(event, { me, known, events }) {
    const conversation = known.get(event.conversation_id);
    if (event.sender_id === me.get()?.id) conversation?.readByMe(event.message_ids);
    else conversation?.readByOther(event.message_ids);
    events.emit('read_receipt', event);
  },
  delivery_receipt(event, { me, known, events }) {
    if (event.user_id !== me.get()?.id) known.get(event.conversation_id)?.deliveredToOther(event.seq);
    events.emit('delivery_receipt', event);
  },
  user_update(event, around) {
    around.showPerson(around.people.announced(event));
    around.events.emit('user_update', event);
  },
  typing_start(event, { others, events }) {
    others.hearTyping(true, event);
    events.emit('typing_start', event);
  },
  typing_stop(event, { others, events }) {
    others.hearTyping(false, event);
    events.emit('typing_stop', event);
  },
  presence(event, { others, events }) {
    others.hearPresence(event);
    events.emit('presence', event);
  },
};

function update(event: ServerEvents['conversation_update'], around: Around): void {
  const { me, known, catching, people, events } = around;
  const { content, conversation_id: id, user_id, seq } = event;
  if (content === 'sync_required') {
    people.forget(); // a later announcement may be what was missed
    catching.all();
    return events.emit('conversation_update', event);
  }
  if (content === 'new_conversation') {
    if (!known.has(id)) catching.list();
    return events.emit('conversation_update', event);
  }
  if (user_id === me.get()?.id && content === 'removed_from_conversation') {
    known.remove(id, seq);
    return events.emit('conversation_update', event);
  }
  if (user_id === me.get()?.id && content === 'added_to_conversation') known.joined(id);
  take('conversation_update', event, around);
}

function take<Name extends Numbered>(name: Name, event: ServerEvents[Name], { known, catching }: Around): void {
  const conversation = known.get(event.conversation_id);
  if (conversation !== undefined) return conversation.take(name, event);
  known.stray(name, event);
  // an edit or deletion alone does not move a conversation up to where it would be looked for
  if (name !== 'edited_message' && name !== 'deleted_message') catching.list();
}
