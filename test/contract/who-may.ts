import type { OperationName } from '../../src/protocol.ts';
import { type Caller, type Input, inputFor, operationsInOrder, outcomesFor } from '../support/derived.ts';
import type { Person } from '../support/people.ts';

/** A group with an admin and members; `other` is a member, `outsider` is not, and the callers are what they are called. */
export type World = Record<'stranger' | 'removed' | 'member' | 'admin' | 'other' | 'outsider', Person> & {
  group: number;
  othersMessage: number;
  adminsMessage: number;
};
/** A call, and what each caller gets: `ok` or the code of the refusal. */
type Row = { operation: OperationName; input(world: World): Input; may: Record<Caller, string> };
/** What differs from the derived call and outcomes. */
type Override = { input?(world: World): Input; may?: Partial<Record<Caller, string>> };

const everyUser = (outcome: string) => ({ stranger: outcome, removed: outcome, member: outcome, admin: outcome });
const newPassword = 'NewStrongPassword456';

/** Calls of the derived outcome with another input, or of another outcome. */
const OVERRIDES: Partial<Record<OperationName, Override>> = {
  login: { input: ({ other: { username, password } }) => ({ username, password }) },
  forgot_reset: { input: ({ other: { email } }) => ({ email, otp: '000', new_password: newPassword }) },
  change_password: {
    input: () => ({ password: 'not the password', new_password: newPassword }),
    may: everyUser('wrong_password'),
  },
  update_me: { input: () => ({ profile_picture: 'https://a.example' }) },
  sync: { input: ({ group }) => ({ conversations: { [group]: 0 } }) },
};

/** Further calls, after the derived one of the operation. */
const MORE: Partial<Record<OperationName, Required<Override>>> = {
  add_participant: {
    input: ({ group, outsider }) => ({ conversation_id: group, user_id: outsider.id }),
    may: {},
  },
  edit_message: {
    input: ({ othersMessage }) => ({ message_id: othersMessage, content: 'Hacked' }),
    may: { admin: 'not_sender' },
  },
  delete_message: { input: ({ othersMessage }) => ({ message_id: othersMessage }), may: {} },
};

const targetsIn = ({ group, other, adminsMessage, othersMessage }: World) => ({
  conversation: group,
  user: other.id,
  messages: [adminsMessage, othersMessage],
});

/** In the order in which each caller tries them: an `ok` changes what later calls find, and a logout comes last. */
export const MAY: Row[] = operationsInOrder
  .toSorted((one, other) => Number(one.access === 'optional') - Number(other.access === 'optional'))
  .flatMap((operation) => {
    const outcomes = outcomesFor(operation);
    const rowOf = ({ input, may }: Override): Row => ({
      operation: operation.name,
      input: input ?? ((world) => inputFor(operation, targetsIn(world))),
      may: { ...outcomes, ...may },
    });
    const more = MORE[operation.name];
    return [rowOf(OVERRIDES[operation.name] ?? {}), ...(more === undefined ? [] : [rowOf(more)])];
  });
