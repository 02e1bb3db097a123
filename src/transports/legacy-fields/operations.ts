import { updateMe } from '../../accounts/profile.ts';
import type { Config } from '../../config/config.ts';
import { creationTimes } from '../../conversations/creation-times.ts';
import { markRead } from '../../messages/mark-read.ts';
import type { Caller, CallInfo } from '../../operation/caller.ts';
import type { Context } from '../../operation/context.ts';
import type { Operation } from '../../operation/operation.ts';
import type { OperationTable } from '../../operations.ts';
import type { ConversationSummary, OperationName, ResultOf } from '../../protocol.ts';
import { legacyConversation, legacyMessage } from './fields.ts';
import { withDataUrls } from './pictures.ts';
import { withLegacyReceipts } from './receipts.ts';

/** The operations, with results as front ends of the Go server expect them. The fields are described in docs/coming-from-go.md. */
export const legacyOperations = (
  operations: OperationTable,
  { publicOrigins }: Pick<Config, 'publicOrigins'>,
): OperationTable => ({
  ...operations,
  update_me: withDataUrls(updateMe, publicOrigins[0]),
  read_receipt: withLegacyReceipts(markRead),
  list_conversations: amended(operations, 'list_conversations', async (result, { userId }, context) => ({
    ...result,
    conversations: await legacyConversations(context, userId, result.conversations),
  })),
  list_messages: amended(operations, 'list_messages', async ({ messages }) => ({
    messages: messages.map(legacyMessage),
  })),
  sync: amended(operations, 'sync', async ({ conversations, new_conversations, ...rest }, { userId }, context) => ({
    ...rest,
    conversations: Object.fromEntries(
      Object.entries(conversations).map(([id, changes]) => [
        id,
        { ...changes, messages: changes.messages.map(legacyMessage) },
      ]),
    ),
    new_conversations: await legacyConversations(context, userId, new_conversations),
  })),
});

/** Amends the result inside `run`: if the caller is removed from a conversation meanwhile, all of it is read again. */
function amended<Name extends OperationName>(
  operations: OperationTable,
  name: Name,
  amend: (result: ResultOf<Name>, caller: Caller, context: Context) => Promise<Record<string, unknown>>,
): Operation {
  const operation: Operation = operations[name];
  const runAmended = async (input: never, caller: never, context: Context, info: CallInfo) =>
    amend((await operation.run(input, caller, context, info)) as ResultOf<Name>, caller, context); // the table pairs names and results
  return { ...operation, run: runAmended };
}

/** Without those that the user was removed from since they were read. */
async function legacyConversations(
  { database }: Context,
  userId: number,
  conversations: readonly ConversationSummary[],
) {
  const ids = conversations.map(({ id }) => id);
  const createdAt = await creationTimes(database, userId, ids);
  return conversations.flatMap((each) => {
    const time = createdAt.get(each.id);
    return time === undefined ? [] : [legacyConversation(each, time)];
  });
}
