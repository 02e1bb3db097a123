import { object } from 'yup';
import { ChatError } from '../errors.ts';
import { required, text } from '../inputs.ts';
import { COOKIE, operation, publicOperation } from '../operation.ts';
import { User } from './entities.ts';
import { keyOf } from './fields.ts';
import { TICKET_TTL_SEC } from './sessions.ts';
import { Turns } from './turns.ts';

/** Whatever could be one; what a database could not even look for is refused. */
const anyString = (description: string, example: string) =>
  text(1, 65_536).required(required).meta({ description, example });
/** Tries for one account come one after the other, so that none slips through while another is being counted. */
const turns = new Turns();

/** Logs in. A wrong username and a wrong password get the same answer, in the same time. */
export const login = publicOperation({
  input: object({
    username: anyString('Yours, in any case.', 'alice'),
    password: anyString('Yours.', 'StrongPassword123'),
  }),
  run: ({ username, password }, _, { database, accounts, limits }, asked) =>
    turns.take(keyOf(username), async () => {
      const account = keyOf(username);
      await limits.mustHaveLeft('loginOrigin', asked.address);
      await limits.mustHaveLeft('loginAccount', account);
      const user = await database.entities().findOne(User, { usernameKey: account });
      if (!(await accounts.passwords.check(password, user?.passwordHash)) || user === null) {
        await limits.take('loginOrigin', asked.address);
        asked.quota = await limits.take('loginAccount', account);
        throw new ChatError('invalid_credentials');
      }
      await limits.clear('loginAccount', account);
      return { user_id: user.id, [COOKIE]: await accounts.sessions.start(user.id) };
    }),
});

/** Ends the session: its token stops working and its open sockets are closed. */
export const logout = operation({
  input: object({}),
  async run(_, caller, { accounts }, { connection }) {
    await accounts.sessions.end(caller, connection);
    return { message: 'Logged out successfully', [COOKIE]: null };
  },
});

/** A one-use ticket for opening one plain WebSocket. */
export const createTicket = operation({
  input: object({}),
  run: async (_, caller, { accounts }) => ({
    ticket: await accounts.sessions.issueTicket(caller),
    expires_in: TICKET_TTL_SEC,
  }),
});
