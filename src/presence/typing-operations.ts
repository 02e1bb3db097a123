import { Participations } from '../conversations/participation.ts';
import { ChatError } from '../operation/errors.ts';
import * as field from '../operation/fields.ts';
import { idOfConversation } from '../operation/inputs.ts';
import { batchChange, type Call } from '../operation/operation.ts';
import type { Batch } from '../writer/batch.ts';
import type { Typist } from './typing.ts';

type Indication = Call<{ conversation_id: number }>;

/** Writes and locks no rows, but goes through the queue, so that events keep the order of the connection's calls. */
const indication = {
  namespaces: ['/chat', '/presence'],
  errors: ['not_participant'],
  locks: () => [],
  commutesWithSends: true,
  async run(batch: Batch, calls: readonly Indication[]): Promise<(Typist | ChatError)[]> {
    const pairs = calls.map(({ input, caller: { userId } }) => ({ conversationId: input.conversation_id, userId }));
    const participations = await Participations.find(batch, pairs);
    return pairs.map(
      ({ conversationId, userId }) => participations.get(conversationId, userId) ?? new ChatError('not_participant'),
    );
  },
} as const;

/** Shows the others that the caller is typing, until it expires. */
export const startTyping = batchChange('typing_start', {
  ...indication,
  operationId: 'startTyping',
  summary: 'Show the others that you are typing',
  details: 'To be repeated every few seconds while you are typing.',
  input: { conversation_id: idOfConversation() },
  result: { expires_at: field.time('When it expires unless it is repeated, in 6 s.') },
  present: (typist: Typist, { context }) => ({ answer: { expires_at: context.typing.start(typist) } }),
});

/** Shows the others that the caller has stopped typing. */
export const stopTyping = batchChange('typing_stop', {
  ...indication,
  operationId: 'stopTyping',
  summary: 'Show the others that you have stopped typing',
  details: 'Sending a message does not stop it. Without this call, typing expires.',
  input: { conversation_id: idOfConversation() },
  result: {},
  present(typist: Typist, { context }) {
    context.typing.stop(typist);
    return { answer: {} };
  },
});
