import { expect } from 'chai';
import { boolean } from 'yup';
import * as field from '../../src/operation/fields.ts';
import { idOfConversation, idOfMessage, required, text } from '../../src/operation/inputs.ts';
import { change, command, query } from '../../src/operation/operation.ts';

/** The compiler checks this file: a definition below that compiled would be an unused `@ts-expect-error`, an error itself. */

const about = { summary: 'An example', details: 'For the compiler.' };
const run = async () => ({ last_seen: '2025-09-20T14:55:00.000Z', online: true });
const input = { user_id: idOfMessage() };
const result = { last_seen: field.time('When.'), online: field.flag('Whether.', true) };

describe('The definition of an operation', () => {
  it('compiles with the input, the result and the documentation of its types in protocol.ts', () => {
    const { name, routes, namespaces, limit } = query('last_seen', { ...about, input, result, run });
    expect({ name, routes, namespaces, limit }).to.deep.equal({
      ...{ name: 'last_seen', routes: [], namespaces: ['/chat'], limit: 'operation' },
    });
  });

  it('does not compile under a name that protocol.ts does not have', () => {
    // @ts-expect-error no such operation
    query('pin_conversation', { ...about, input, result, run });
  });

  it('does not compile with a result that has a key too many', () => {
    // @ts-expect-error `extra` is not in protocol.ts
    query('last_seen', { ...about, input, result, run: async () => ({ ...(await run()), extra: 1 }) });
    // @ts-expect-error the same of a command
    command('logout', {
      ...about,
      input: {},
      result: { message: field.fixed('') },
      run: async () => ({ message: '', extra: 1 }),
    });
  });

  it('does not compile with a result that lacks a key or has another type', () => {
    // @ts-expect-error `online` is missing
    query('last_seen', { ...about, input, result, run: async () => ({ last_seen: '2025-09-20T14:55:00.000Z' }) });
    // @ts-expect-error `online` is a boolean
    query('last_seen', { ...about, input, result, run: async () => ({ ...(await run()), online: 'yes' }) });
  });

  it('does not compile with a documented result field too many, too few or of another type', () => {
    // @ts-expect-error `extra` is not in protocol.ts
    query('last_seen', { ...about, input, result: { ...result, extra: field.flag('No.', true) }, run });
    // @ts-expect-error `online` is missing
    query('last_seen', { ...about, input, result: { last_seen: field.time('When.') }, run });
    // @ts-expect-error `online` is a boolean
    query('last_seen', { ...about, input, result: { ...result, online: field.time('When.') }, run });
  });

  it('does not compile with a schema that refuses an input of protocol.ts', () => {
    // @ts-expect-error `user_id` is a number
    query('last_seen', { ...about, input: { user_id: text(1, 5).required(required) }, result, run });
    // @ts-expect-error clients need not send `extra`
    query('last_seen', { ...about, input: { ...input, extra: boolean().required(required) }, result, run });
  });

  it('does not compile as a change whose answer has a key too many or lacks one', () => {
    const rename = {
      ...about,
      input: { conversation_id: idOfConversation(), name: text(1, 5).required(required) },
      result: { conversation_id: field.id('It.', 1), name: field.text('It.', ''), seq: field.whole('It.', 1) },
    };
    const answer = { conversation_id: 1, name: 'x', seq: 1 };
    change('rename_conversation', { ...rename, run: async () => ({ answer }) });
    // @ts-expect-error `extra` is not in protocol.ts
    change('rename_conversation', { ...rename, run: async () => ({ answer: { ...answer, extra: 1 } }) });
    // @ts-expect-error `seq` is missing
    change('rename_conversation', { ...rename, run: async () => ({ answer: { conversation_id: 1, name: 'x' } }) });
  });

  it('does not compile with an error that the table of errors does not have', () => {
    // @ts-expect-error no such error
    query('last_seen', { ...about, input, result, errors: ['no_such_error'], run });
  });
});
