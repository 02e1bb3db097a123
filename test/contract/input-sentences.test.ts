import { expect } from 'chai';
import { ChatError } from '../../src/operation/errors.ts';
import { operations } from '../../src/operations.ts';
import type { OperationName } from '../../src/protocol.ts';
import { accepted, groupOf, http, onEachServer, refused, SOCKETS, send, summaryFor, TRANSPORTS } from './fixture.ts';

const SECRET = 'sesame';
const DEEP = 3_000;

function nested(depth: number): unknown {
  let value: unknown = SECRET;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

/** A value of every type: each field refuses at least one of them. */
const VALUES = [SECRET, true, -7_531, 1.5, 1e300, {}, { [SECRET]: SECRET }, [], [SECRET], [[SECRET]], nested(DEEP)];

/** The field errors of an operation for an input. */
function refusalOf(name: OperationName, input: unknown): ChatError | undefined {
  try {
    operations[name].validate(input);
    return undefined;
  } catch (error) {
    if (error instanceof ChatError) return error;
    throw error;
  }
}

describe('The errors of an invalid input', () => {
  for (const {
    name,
    input: { fields: schemas },
  } of Object.values(operations))
    it(`of ${name} are the server’s own sentences, and contain nothing of the input`, () => {
      for (const field of Object.keys(schemas)) {
        const refusals = VALUES.map((value) => refusalOf(name, { [field]: value })).filter(
          (each) => each !== undefined,
        );
        expect(refusals, `need values that ${field} refuses`).not.to.have.length(0);
        for (const { message, fields = [] } of refusals)
          for (const text of [message, ...fields.map((each) => each.message)]) {
            expect(text, field).to.match(/(^| )(has to|must|is) /);
            expect(text, field).not.to.match(/sesame|7531|this|type|undefined|null|\{|\[object|`|final value/);
          }
      }
    });

  it('name an input that is no object', () => {
    for (const input of [SECRET, 5, true, [], [{}]]) {
      const refusal = refusalOf('message', input);
      expect(refusal?.message).to.equal('The input has to be an object.');
      expect(refusal?.fields).to.deep.equal([{ field: '', message: 'has to be an object' }]);
    }
  });
});

onEachServer('The errors of an invalid input', (app) => {
  for (const transport of TRANSPORTS)
    it(`have a message over ${transport} about the first invalid field`, async () => {
      const { rest, ...alice } = await app().person();
      const client = await alice.client(transport);
      const wrong = await client.ask('update_me', { username: 'ab', profile_picture: 5 });
      const { message, fields } = refused(wrong, 400, 'invalid_input');
      const [first] = fields as { field: string; message: string }[];
      expect(fields?.map(({ field }) => field)).to.include.members(['username', 'profile_picture']);
      expect([first?.field, message]).to.deep.equal(['username', `username ${first?.message}.`]);
      const missing = refused(await client.ask('message', { content: 'Hello!' }), 400, 'invalid_input');
      expect(missing.message).to.equal('conversation_id is missing.');
      const nobody = { name: 'Chess', member_ids: [999_999_999] };
      const { message: unknown } = refused(await client.ask('create_group', nobody), 400, 'unknown_member');
      expect(unknown).to.equal('Some of the members do not exist (member_ids: no such users: 999999999).');
    });

  for (const transport of SOCKETS)
    it(`are returned over ${transport} for any depth of nesting`, async () => {
      const client = await (await app().person()).client(transport);
      for (const [name, input] of [
        ['sync', { only_named: nested(DEEP) }],
        ['sync', { conversations: nested(DEEP), limit: nested(DEEP) }],
        ['list_conversations', { limit: nested(DEEP), cursor: nested(DEEP) }],
        ['create_group', { name: nested(DEEP), member_ids: nested(DEEP) }],
      ] as const)
        refused(await client.ask(name, input), 400, 'invalid_input');
      accepted(await client.ask('me'));
    });
});

onEachServer('Null', (app) => {
  for (const transport of TRANSPORTS)
    it(`counts as absent over ${transport}: optional fields have their defaults, others are missing`, async () => {
      const alice = await app().person('alice');
      const group = await groupOf(alice);
      const client = await alice.client(transport);
      const { username } = accepted(await client.ask('update_me', { username: null, profile_picture: null }));
      expect(username).to.equal(alice.username);
      await send(client, group, 'Hello!', { client_message_id: null });
      const missing = refused(
        await client.ask('message', { conversation_id: group, content: null }),
        400,
        'invalid_input',
      );
      expect(missing.fields).to.deep.equal([{ field: 'content', message: 'is missing' }]);
      if (transport === 'rest') return;
      for (const input of [null, { limit: null, cursor: null }])
        accepted(await client.ask('list_conversations', input as object));
      const page = { conversation_id: group, limit: null, offset: null, before: null, after: null };
      expect(accepted(await client.ask('list_messages', page)).messages).to.have.length(1);
      accepted(await client.ask('sync', { conversations: null, only_named: null, limit: null }));
    });

  it('in a query is ordinary text', async () => {
    const { token } = await app().person();
    expect((await http(app(), 'GET /api/conversations?limit=null', { token })).status).to.equal(400);
  });

  it('as a member of a list, or as a number in an object, is invalid', async () => {
    const alice = await app().person();
    const group = await groupOf(alice);
    expect(await summaryFor(alice, group)).to.include({ conversation_id: group });
    refused(await alice.rest.ask('read_receipt', { message_ids: [null] }), 400, 'invalid_input');
    refused(await alice.rest.ask('sync', { conversations: { [group]: null } }), 400, 'invalid_input');
  });
});
