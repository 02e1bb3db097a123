import { expect } from 'chai';
import fc from 'fast-check';
import { isUsername, usernameKeyOf } from '../../src/accounts/names.ts';
import { Progress } from '../../src/cli/import/progress.ts';
import { type ReadEvent, readStateOf } from '../../src/cli/import/read-state.ts';
import { MESSAGE_CHARACTERS, splitText } from '../../src/cli/import/split-text.ts';
import { newUsername } from '../../src/cli/import/usernames.ts';
import { flagOf, momentOf, textOf } from '../../src/cli/import/values.ts';

describe('The rules of the import', () => {
  const TIMES: Readonly<Record<string, string | null | 'invalid'>> = {
    '2024-05-01 10:11:12.123456789 +0200 CEST m=+0.001': '2024-05-01T08:11:12.123Z',
    '2024-05-01 10:11:12.123456+02:00': '2024-05-01T08:11:12.123Z',
    '2024-05-01 10:11:12+00': '2024-05-01T10:11:12.000Z',
    '2024-05-01 10:11:12 +0000 UTC': '2024-05-01T10:11:12.000Z',
    '2024-05-01T10:11:12.5-0530': '2024-05-01T15:41:12.500Z',
    '2024-05-01T10:11:12Z': '2024-05-01T10:11:12.000Z',
    '2024-05-01 10:11': '2024-05-01T10:11:00.000Z',
    '2024-05-01': '2024-05-01T00:00:00.000Z',
    '1714558272': '2024-05-01T10:11:12.000Z',
    '1714558272123': '2024-05-01T10:11:12.123Z',
    '1714558272123456': '2024-05-01T10:11:12.123Z',
    '1714558272123456789': '2024-05-01T10:11:12.123Z',
    '0001-01-01 00:00:00+00:00': null,
    '': null,
    '2024-02-30 10:00:00': 'invalid',
    '2024-13-01 10:00:00': 'invalid',
    '1969-12-31 23:59:59Z': 'invalid',
    infinity: 'invalid',
    '2024-05-01 10:11:12 BC': 'invalid',
    'the other day': 'invalid',
  };
  for (const [text, expected] of Object.entries(TIMES))
    it(`"${text}" is ${expected ?? 'no time'}`, () => {
      const moment = momentOf(text);
      expect(typeof moment === 'number' ? new Date(moment).toISOString() : moment).to.equal(expected);
    });

  it('a time keeps its microseconds for the order, and flags and texts are read from any type', () => {
    const [earlier, later] = ['2024-05-01 10:11:12.000001Z', '2024-05-01 10:11:12.000002Z'].map(momentOf);
    expect(Number(later)).to.be.above(Number(earlier));
    expect([true, 1, 't', 'TRUE', Buffer.from('1')].map(flagOf)).not.to.include(false);
    expect([false, 0, null, undefined, 'f', '', '0'].map(flagOf)).not.to.include(true);
    expect([textOf(Buffer.from('ä')), textOf(7), textOf(null)]).to.deep.equal(['ä', '7', null]);
  });

  it('progress is a bar on a terminal, and lines elsewhere', () => {
    for (const isTTY of [true, false]) {
      let output = '';
      const progress = new Progress({ isTTY, write: (text: string) => (output += text) });
      progress.begin('writing messages', 2_000);
      for (let rows = 0; rows < 2_000; rows += 100) progress.advance(100);
      progress.end();
      if (isTTY)
        expect(output).to.match(/^\rwriting messages +\[\.{30}\] {3}0 % of 2,000.*\r.* \[#{30}\] 100 % of 2,000.*\n$/s);
      else
        expect(output.split('\n')).to.deep.equal([
          ...[
            'writing messages: 2,000',
            'writing messages: 25 %',
            'writing messages: 50 %',
            'writing messages: 75 %',
            '',
          ],
        ]);
    }
  });

  it('the parts of any text are the text again, none is too long, and no visible character is divided', () => {
    const piece = fc.constantFrom('word ', 'x'.repeat(700), '👩‍👩‍👧', 'é', '\n', '𝔘'.repeat(300));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('');
        const parts = splitText(text);
        expect(parts.join('')).to.equal(text);
        for (const part of parts) expect([...part].length).to.be.at.most(MESSAGE_CHARACTERS);
        for (const part of parts.slice(1)) expect(part).not.to.match(/^[\u200d\p{M}\uDC00-\uDFFF]/u);
      }),
      { numRuns: 60 },
    );
    expect(splitText('a'.repeat(MESSAGE_CHARACTERS))).to.have.length(1);
    expect(splitText(`a${'\u0301'.repeat(10_000)}`).join('')).to.have.length(10_001);
  });

  it('a new username is valid and free, however the old one and the others are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.nat(1e9), (name, id) => {
        const taken = new Set<string>();
        for (let count = 0; count < 5; count += 1) {
          const given = newUsername(name, id, (key) => taken.has(key));
          expect(isUsername(given), given).to.equal(true);
          expect(taken.has(usernameKeyOf(given))).to.equal(false);
          taken.add(usernameKeyOf(given));
        }
      }),
      { numRuns: 200 },
    );
  });

  type Generated = { parts: number; isDeleted: boolean; kind: number };
  const message: fc.Arbitrary<Generated> = fc.record({
    parts: fc.integer({ min: 1, max: 3 }),
    isDeleted: fc.boolean(),
    kind: fc.integer({ min: 0, max: 3 }), // none, delivered, read, own
  });

  it('a read state says of each message what the rows of the source say', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), fc.nat(8), (messages, older) => {
        const seqs: { isDeleted: boolean; kind: number; isOlder: boolean; life: number }[] = [];
        const events: ReadEvent[] = [];
        let lives = 0;
        let joined = 0;
        for (const [index, { parts, isDeleted, kind }] of messages.entries()) {
          if (!isDeleted && kind > 0) events.push({ lives: lives + parts, seq: seqs.length + 1, parts, kind });
          for (let part = 0; part < parts; part += 1) {
            if (!isDeleted) lives += 1;
            seqs.push({ isDeleted, kind, isOlder: index < older, life: isDeleted ? 0 : lives });
          }
          if (index < older) joined = lives;
        }
        const totals = { lastSeq: seqs.length, messages: seqs.length, lives };
        const state = readStateOf(events, totals, joined, (life) => seqs.findIndex((each) => each.life === life) + 1);
        const isCovered = (seq: number) =>
          seq <= state.readSeq || state.ranges.some(({ from, to }) => from <= seq && seq <= to);
        const isSettled = ({ isDeleted, kind, isOlder }: (typeof seqs)[number]) => isDeleted || isOlder || kind >= 2;
        for (const [index, each] of seqs.entries()) {
          if (isCovered(index + 1)) expect(isSettled(each), `${index + 1} is covered`).to.equal(true);
          if (each.kind === 2 && !each.isDeleted) expect(isCovered(index + 1), `${index + 1} is read`).to.equal(true);
        }
        expect(state.settled).to.equal(seqs.filter(isSettled).length);
        const missing = seqs.findIndex((each) => !isSettled(each) && each.kind === 0);
        expect(state.deliveredSeq).to.equal(missing === -1 ? seqs.length : missing);
        const unread = seqs.findIndex((each) => !isSettled(each));
        expect(state.readSeq).to.equal(unread === -1 ? seqs.length : unread);
        for (const [index, { from, to }] of state.ranges.entries()) {
          expect(from).to.be.within((state.ranges[index - 1]?.to ?? state.readSeq) + 2, to);
        }
        const before = seqs.filter((each) => each.isOlder && !each.isDeleted && each.kind < 2);
        expect(state.readByJoining).to.equal(before.length);
      }),
      { numRuns: 500 },
    );
  });
});
