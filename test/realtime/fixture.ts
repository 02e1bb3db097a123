import type { TestApp } from '../support/app.ts';
import type { Client, ServerEvent } from '../support/clients.ts';
import type { Person } from '../support/people.ts';

/** A group with a member to remove, who also has a private conversation with the sender. */
export async function scene(app: TestApp) {
  const [admin, sender, member, witness] = await app.people('admin', 'sender', 'member', 'witness');
  const member_ids = [sender.id, member.id, witness.id];
  const { conversation_id: group } = await admin.rest.ask('create_group', { name: 'Group', member_ids });
  const opened = await sender.rest.ask('open_private_conversation', { other_user_id: member.id });
  const membership = { conversation_id: group, user_id: member.id };
  return {
    admin,
    sender,
    member,
    witness,
    group,
    aside: opened.conversation_id as number,
    remove: () => admin.rest.ask('remove_participant', membership),
    add: () => admin.rest.ask('add_participant', membership),
  };
}
export type Scene = Awaited<ReturnType<typeof scene>>;

export const socketsOf = (person: Person): Promise<Client[]> =>
  Promise.all([person.socketio(), person.socketio({ transports: ['polling'] }), person.raw()]);

/**
 * Waits until everything sent before has arrived, by events that follow it in both namespaces.
 */
export async function allReceived({ sender, aside }: Scene, clients: readonly Client[]): Promise<void> {
  count += 1;
  const mark = { conversation_id: aside, content: `mark ${count}` };
  const typist = await sender.raw();
  await typist.ask('message', mark);
  await typist.ask('typing_start', { conversation_id: aside });
  for (const { inbox } of clients) {
    await inbox.next('message', mark);
    await inbox.next('typing_start', { conversation_id: aside });
  }
  await typist.ask('typing_stop', { conversation_id: aside });
  for (const { inbox } of clients) await inbox.next('typing_stop', { conversation_id: aside });
  typist.close();
}
let count = 0;

export const receivedBy = ({ inbox }: Client, conversationId: number): ServerEvent[] =>
  inbox.events.filter(({ conversation_id }) => conversation_id === conversationId);

const AT_ONCE = 20;

/** Sends into a conversation with a bounded number of sends in flight, until it is stopped. */
export function flood(client: Client, conversation_id: number, content = 'flood') {
  let running = true;
  let sent = 0;
  async function sendSequence(): Promise<void> {
    while (running) {
      const { ok } = await client.ask('message', { conversation_id, content });
      if (!ok) throw new Error('a send was refused');
      sent += 1;
    }
  }
  const sequences = Array.from({ length: AT_ONCE }, sendSequence);
  return {
    sent: () => sent,
    stop: async () => {
      running = false;
      await Promise.all(sequences);
    },
  };
}
