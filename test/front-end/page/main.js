import { call, connect } from './api.js';
import { conversationRow, element, given, messageRow } from './view.js';

const find = (selector) => document.querySelector(selector);
const state = { me: undefined, conversations: [], open: undefined, messages: [], members: [], typing: new Set() };
let socket;

const opened = () => state.conversations.find(({ id }) => id === state.open);
const fail = (error) => {
  find('#problem').textContent = error.message;
};
/** Runs the handler of a form, and says what went wrong. */
const onSubmit = (selector, handle) => {
  find(selector).onsubmit = (event) => {
    event.preventDefault();
    find('#problem').textContent = '';
    handle(Object.fromEntries(new FormData(event.target)), event.submitter.textContent).catch(fail);
  };
};

async function start() {
  state.me = await call('GET', '/me').catch(() => undefined);
  find('#account').hidden = state.me !== undefined;
  find('#chat').hidden = state.me === undefined;
  if (state.me === undefined) return;
  find('#me').textContent = state.me.username;
  await listConversations();
  socket = connect(handlers);
}

async function listConversations() {
  state.conversations = (await call('GET', '/conversations')).conversations;
  render();
}

async function open(id) {
  Object.assign(state, { open: id, messages: [], typing: new Set() });
  const { messages } = await call('GET', `/conversations/${id}/messages?limit=50&offset=0`);
  state.messages = messages.reverse();
  state.members = (await call('GET', `/conversations/${id}/participants`)).participants;
  render();
  await markRead();
}

async function markRead() {
  const isUnread = ({ sender_id, status, type }) =>
    sender_id !== state.me.id && status !== 'read' && type !== 'system_message';
  const unread = state.messages.filter(isUnread);
  if (unread.length === 0) return;
  await call('POST', '/messages/read', { message_ids: unread.map(({ id }) => id) });
  for (const message of unread) message.status = 'read';
  await listConversations();
}

function addMessage(message) {
  if (state.messages.some(({ id }) => id === message.id)) return;
  state.messages.push(message);
  render();
}

/** What arrives over the WebSocket, by type. */
const handlers = {
  connected(isConnected) {
    find('#connection').textContent = isConnected ? 'connected' : 'connecting';
    if (isConnected && state.open !== undefined) open(state.open).catch(fail);
  },
  message(event) {
    given(event, 'message_id', 'sent_at');
    if (event.conversation_id === state.open) {
      addMessage({ ...event, id: event.message_id, status: 'sent' });
      markRead().catch(fail);
    } else listConversations().catch(fail);
  },
  system_message(event) {
    given(event, 'message_id', 'sent_at');
    if (event.conversation_id === state.open) addMessage({ ...event, id: event.message_id, type: 'system_message' });
  },
  edited_message({ message_id, content }) {
    const message = state.messages.find(({ id }) => id === message_id);
    if (message) Object.assign(message, { content, edited: true });
    render();
  },
  read_receipt({ message_id }) {
    const message = state.messages.find(({ id }) => id === message_id);
    if (message) message.status = 'read';
    render();
  },
  typing_start: (event) => showTyping(event, 'add'),
  typing_stop: (event) => showTyping(event, 'delete'),
  presence(event) {
    const { sender_id, content, last_active } = given(event, 'last_active');
    const conversation = state.conversations.find(({ other_user_id }) => other_user_id === sender_id);
    if (conversation) Object.assign(conversation, { is_online: content === 'online', last_seen: last_active });
    render();
  },
  conversation_update: () => listConversations().then(showMembers).catch(fail),
};

function showTyping({ conversation_id, sender_username }, change) {
  if (conversation_id !== state.open) return;
  state.typing[change](sender_username);
  render();
}

async function showMembers() {
  if (opened() === undefined) return;
  state.members = (await call('GET', `/conversations/${state.open}/participants`)).participants;
  render();
}

const edit = (message) => {
  const content = prompt('The new text', message.content);
  call('PATCH', `/messages/${message.id}`, { content })
    .then(() => handlers.edited_message({ message_id: message.id, content }))
    .catch(fail);
};
const remove = (id) => call('DELETE', `/conversations/${state.open}/participants/${id}`).catch(fail);

function render() {
  const { conversations, messages, members, me, typing } = state;
  const rows = conversations.map((each) =>
    conversationRow(each, each.id === state.open, () => open(each.id).catch(fail)),
  );
  find('#conversations').replaceChildren(...rows);
  const conversation = opened();
  find('#conversation').hidden = conversation === undefined;
  if (conversation === undefined) return;
  find('#conversation h2').textContent = conversation.name;
  find('#typing').textContent = [...typing].map((name) => `${name} is typing`).join(', ');
  find('#messages').replaceChildren(...messages.map((each) => messageRow(each, me, () => edit(each))));
  const memberRow = ({ id, username }) =>
    element('li', { 'data-id': id }, username, element('button', { onclick: () => remove(id) }, 'Remove'));
  find('#members').replaceChildren(...members.map(memberRow));
}

onSubmit('#sign-up', async (fields, button) => {
  if (button === 'Send code') return void (await call('POST', '/signup/initiate', fields));
  await call('POST', '/signup/verify', fields);
  await start();
});
onSubmit('#log-in', async (fields) => {
  await call('POST', '/login', fields);
  await start();
});
onSubmit('#reset', async (fields, button) => {
  await call('POST', button === 'Send reset code' ? '/forgot/initiate' : '/forgot/reset', fields);
});
onSubmit('#search', async ({ q }) => {
  const { users } = await call('GET', `/users/search?q=${encodeURIComponent(q)}`);
  const chat = async (id) => {
    const { conversation_id } = await call('POST', '/conversations/private', { other_user_id: id });
    await listConversations();
    await open(conversation_id);
  };
  const rows = users.map(({ id, username }) =>
    element('li', { 'data-id': id, onclick: () => chat(id).catch(fail) }, username),
  );
  find('#found').replaceChildren(...rows);
});
onSubmit('#new-group', async ({ name, members }) => {
  const member_ids = members.split(',').map(Number);
  const { conversation_id } = await call('POST', '/conversations/group', { name, member_ids });
  await listConversations();
  await open(conversation_id);
});
onSubmit('#add-member', async ({ user_id }) => {
  await call('POST', `/conversations/${state.open}/participants`, { user_id: Number(user_id) });
});
onSubmit('#composer', async ({ content }) => {
  const { message_id, created_at } = await call('POST', '/messages', { conversation_id: state.open, content });
  addMessage({ id: message_id, sender_id: state.me.id, content, sent_at: created_at, status: 'sent' });
  socket.send({ type: 'typing_stop', conversation_id: state.open });
  find('#composer').reset();
});
find('#composer').oninput = () => socket.send({ type: 'typing_start', conversation_id: state.open });
find('#picture').onchange = ({ target }) => {
  const reader = new FileReader();
  reader.onload = () => call('PUT', '/me', { profile_picture: reader.result }).catch(fail);
  reader.readAsDataURL(target.files[0]);
};
find('#log-out').onclick = () =>
  call('POST', '/logout')
    .then(() => {
      socket.stop();
      Object.assign(state, { open: undefined, conversations: [] });
      return start();
    })
    .catch(fail);

start().catch(fail);
