/** Creates an element. A child is an element or a text. */
export function element(name, attributes = {}, ...children) {
  const created = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) created[key] = value;
    else if (value !== undefined && value !== false) created.setAttribute(key, value);
  }
  created.append(...children);
  return created;
}

/** Fails for a field that the server does not give. */
export function given(object, ...names) {
  for (const name of names)
    if (object[name] === undefined) throw new Error(`${name} is missing in ${JSON.stringify(object)}`);
  return object;
}

/** @param text a time as the server gives it */
export function timeOf(text) {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new Error(`no time: ${text}`);
  return time.toISOString();
}

/** Everything of a conversation that the list shows: only fields that the Go server gives. */
export function conversationRow(conversation, isOpen, open) {
  const { id, name, avatar, is_online, participant_count, unread_count, created_at, last_message } = given(
    conversation,
    ...['id', 'name', 'avatar', 'is_online', 'participant_count', 'unread_count', 'created_at'],
  );
  const details =
    participant_count > 2 || conversation.is_group
      ? `${participant_count} members`
      : is_online
        ? 'online'
        : `last seen ${timeOf(conversation.last_seen)}`;
  return element(
    'li',
    { 'data-id': id, 'data-since': timeOf(created_at), 'data-open': isOpen, onclick: open },
    ...(avatar === '' ? [] : [element('img', { src: avatar, alt: '' })]),
    element('b', {}, name),
    ' ',
    element('span', { class: 'details' }, details),
    ' ',
    element('span', { class: 'unread' }, String(unread_count)),
    ' ',
    element('span', { class: 'last' }, last_message?.content ?? ''),
  );
}

export function messageRow(message, me, edit) {
  const { id, sender_id, content, sent_at } = given(message, 'id', 'sender_id', 'content', 'sent_at');
  const time = element('time', {}, timeOf(sent_at));
  if (message.type === 'system_message') return element('li', { class: 'system' }, content, ' ', time);
  const isMine = sender_id === me.id;
  return element(
    'li',
    { class: isMine ? 'mine' : 'other', 'data-id': id, 'data-status': isMine && message.status },
    element('span', { class: 'text' }, content),
    message.edited ? ' (edited) ' : ' ',
    time,
    ...(isMine ? [element('button', { onclick: edit }, 'Edit')] : []),
  );
}
