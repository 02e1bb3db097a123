import { expect } from 'chai';
import { accepted, groupOf, onEachServer, refused, TRANSPORTS } from '../contract/fixture.ts';
import type { Person } from '../support/people.ts';

const hex = (text: string) => [...text].map((each) => `U+${each.codePointAt(0)?.toString(16).toUpperCase()}`).join(' ');

/** Text without visible characters. */
const INVISIBLE = [
  ...['\u200B', '\u2060', '\u00AD', '\uFE0F', '\u2800', '\u3164', '\u115F', '\u1160', '\u17B4', '\u17B5', '\uFFA0'],
  ...[
    '\u0301\u0302',
    '\u00A0\u3000',
    '\u202E',
    '\uFEFF',
    '\u034F',
    '\u{E0061}',
    ' \t\n',
    '\u2028',
    '\u200D\u200C \u2800',
  ],
];
/** Text with a visible character, which is stored unchanged. */
const VISIBLE = [
  'e\u0301',
  '\u200BHi\u200B',
  '👩\u200D👩\u200D👧',
  '❤\uFE0F',
  '.',
  'שלום\u200F',
  '\u202Ehi',
  'a\n\nb',
  '한',
];
/** Names with line breaks or with characters that change the direction. */
const UNRULY = [
  'Chess\nClub',
  'Chess\r\nClub',
  'Chess\u2028Club',
  'Chess\u202EbulC',
  '\u2066Chess',
  'Ch\u0007ess',
  'Club\u200F',
  'C\u0085',
];
const PLAIN = ['Schach ♟️', '👩\u200D👩\u200D👧 family', 'שחמט', 'e\u0301cole', 'Chess  Club'];

onEachServer('A text without visible characters', (app) => {
  let [alice, bob]: Person[] = [];
  let conversation_id: number;
  before(async () => {
    [alice, bob] = await app().people('alice', 'bob');
    conversation_id = await groupOf(alice as Person, bob as Person);
  });

  for (const transport of TRANSPORTS) {
    it(`is refused as a message and as an edit over ${transport}`, async () => {
      const client = await (alice as Person).client(transport);
      const { message_id } = accepted(await client.ask('message', { conversation_id, content: 'Hello!' }));
      for (const content of INVISIBLE) {
        const { fields } = refused(await client.ask('message', { conversation_id, content }), 400, 'invalid_input');
        expect(fields, hex(content)).to.deep.equal([{ field: 'content', message: 'must not be blank' }]);
      }
      refused(await client.ask('edit_message', { message_id, content: '\u3164' }), 400, 'invalid_input');
    });
  }

  it('is kept in a message that has visible characters', async () => {
    const { rest } = alice as Person;
    for (const content of VISIBLE)
      expect(accepted(await rest.ask('message', { conversation_id, content })).content).to.equal(content);
  });

  it('is refused as the name of a group, like line breaks and direction changes', async () => {
    const { rest } = alice as Person;
    for (const name of [...INVISIBLE, ...UNRULY]) {
      const created = await rest.ask('create_group', { name, member_ids: [] });
      expect(created.error?.fields?.[0]?.field, hex(name)).to.equal('name');
      const renamed = await rest.ask('rename_conversation', { conversation_id, name });
      expect(renamed.error?.fields?.[0]?.field, hex(name)).to.equal('name');
    }
    for (const name of PLAIN) accepted(await rest.ask('rename_conversation', { conversation_id, name }));
  });
});
