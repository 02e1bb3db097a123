import type { SequencedEventName } from './conversation.ts';
import type { Conversations } from './conversations.ts';
import type { Emitter } from './emitter.ts';
import type { PresenceStore } from './presence-store.ts';
import type { ProfileUpdates, PublicProfile } from './profile-updates.ts';
import type { Profile, ServerEventName, ServerEvents } from './protocol.ts';
import type { Store } from './store.ts';
import type { Synchronizer } from './synchronizer.ts';

type HandlerDependencies = {
  readonly me: Store<Profile | undefined>;
  readonly conversations: Conversations;
  readonly synchronizer: Synchronizer;
  readonly presence: PresenceStore;
  readonly profiles: ProfileUpdates;
  readonly events: Emitter;
  applyProfile(profile: PublicProfile): void;
};
type Handler<Name extends ServerEventName> = (payload: ServerEvents[Name], core: HandlerDependencies) => void;

/** Applies a live event to the client's state. Ignores unknown events: they are for newer clients. */
export function handleEvent(event: string, payload: unknown, core: HandlerDependencies): void {
  if (Object.hasOwn(HANDLERS, event)) HANDLERS[event as ServerEventName](payload as never, core);
}

const sequenced =
  <Name extends SequencedEventName>(name: Name): Handler<Name> =>
  (event, core) =>
    receive(name, event, core);

const HANDLERS: { readonly [Name in ServerEventName]: Handler<Name> } = {
  message: sequenced('message'),
  system_message: sequenced('system_message'),
  edited_message: sequenced('edited_message'),
  deleted_message: sequenced('deleted_message'),
  conversation_update: (event, core) => updateConversation(event, core),
  read_receipt(event, { me, conversations, events }) {
    const conversation = conversations.get(event.conversation_id);
    if (event.sender_id === me.get()?.id) conversation?.readByMe(event.message_ids);
    else conversation?.readByOther(event.message_ids);
    events.emit('read_receipt', event);
  },
  delivery_receipt(event, { me, conversations, events }) {
    if (event.user_id !== me.get()?.id) conversations.get(event.conversation_id)?.deliveredToOther(event.seq);
    events.emit('delivery_receipt', event);
  },
  user_update(event, core) {
    core.applyProfile(core.profiles.record(event));
    core.events.emit('user_update', event);
  },
  typing_start(event, { presence, events }) {
    presence.onTyping(true, event);
    events.emit('typing_start', event);
  },
  typing_stop(event, { presence, events }) {
    presence.onTyping(false, event);
    events.emit('typing_stop', event);
  },
  presence(event, { presence, events }) {
    presence.onPresence(event);
    events.emit('presence', event);
  },
};

function updateConversation(event: ServerEvents['conversation_update'], core: HandlerDependencies): void {
  const { me, conversations, synchronizer, profiles, events } = core;
  const { content, conversation_id: id, user_id, seq } = event;
  if (content === 'sync_required') {
    profiles.forget(); // an announcement may have been missed
    synchronizer.syncAll();
    return events.emit('conversation_update', event);
  }
  if (content === 'new_conversation') {
    if (!conversations.has(id)) synchronizer.syncList();
    return events.emit('conversation_update', event);
  }
  if (user_id === me.get()?.id && content === 'removed_from_conversation') {
    conversations.remove(id, seq);
    return events.emit('conversation_update', event);
  }
  if (user_id === me.get()?.id && content === 'added_to_conversation') conversations.noteJoined(id);
  receive('conversation_update', event, core);
}

function receive<Name extends SequencedEventName>(
  name: Name,
  event: ServerEvents[Name],
  { conversations, synchronizer }: HandlerDependencies,
): void {
  const conversation = conversations.get(event.conversation_id);
  if (conversation !== undefined) return conversation.receive(name, event);
  conversations.bufferEvent(name, event);
  // an edit or deletion does not move a conversation to the top of the list
  if (name !== 'edited_message' && name !== 'deleted_message') synchronizer.syncList();
}
