import type { components, operations, paths } from './mmchat.d.ts';

/** Code that has to compile against the types that openapi-typescript generates, and code that must not. It is never run. */
type Schemas = components['schemas'];

export const events = {
  message: ({ message_id, sender_username, content }: Schemas['MessageEvent']) => [
    message_id,
    sender_username,
    content,
  ],
  presence: ({ content }: Schemas['PresenceEvent']): 'online' | 'offline' => content,
  conversation_update: ({ content }: Schemas['ConversationUpdateEvent']): string => content,
};

export function shown(message: Schemas['Message']): string {
  const edited: string | null = message.edited_at;
  const state: 'sent' | 'delivered' | 'read' = message.status;
  return `${message.content} ${edited} ${state}`;
}

export const codeOf = ({ code, fields = [] }: Schemas['Error']): string =>
  `${code} ${fields.map(({ field }) => field)}`;

export type Everything = {
  send: operations['sendMessage']['requestBody']['content']['application/json'];
  sync: paths['/api/sync']['post']['responses'][200]['content']['application/json']['conversations'];
  whatever: operations['getMe']['responses']['default']['content']['application/json'];
};
export const send: Everything['send'] = { conversation_id: 1, content: 'Hello!' };
export const error: Everything['whatever'] = { success: false, error: 'New.', code: 'a_code_of_a_later_version' };

// @ts-expect-error a message requires a text
export const incomplete: Everything['send'] = { conversation_id: 1 };
// @ts-expect-error a state is one of three
export const unknownState: Schemas['Message']['status'] = 'lost';
