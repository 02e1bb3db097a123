import { parseEnv } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { readDotEnv } from '../../src/config/dot-env.ts';

const read = (content: string | Buffer) => readDotEnv(Buffer.from(content as string), '.env');
const valuesOf = (content: string | Buffer) =>
  Object.fromEntries([...read(content).variables].map(([name, { value }]) => [name, value]));

/** Valid files and their values. */
const UNDERSTOOD: [what: string, content: string | Buffer, values: Record<string, string>][] = [
  ['nothing', '', {}],
  ['a byte-order mark', '\uFEFFHTTP_ADDR=:1\nOTP_DIGITS=8\n', { HTTP_ADDR: ':1', OTP_DIGITS: '8' }],
  ['CRLF', 'HTTP_ADDR=:1\r\n\r\nOTP_DIGITS="8"\r\n# c\r\n', { HTTP_ADDR: ':1', OTP_DIGITS: '8' }],
  ['no line break at the end', 'A=b', { A: 'b' }],
  ['blanks', '  A = b c \n\tB=\t d', { A: 'b c', B: 'd' }],
  ['export', 'export A=b\nexport  B = c', { A: 'b', B: 'c' }],
  ['an empty value before others', 'A= \n\nB=c\nC=\n"\n'.slice(0, -3), { A: '', B: 'c', C: '' }],
  ['comments', '# a=b\n  # c\nA=b # c\nB="b # c" # d\nC=b\t#\n', { A: 'b', B: 'b # c', C: 'b' }],
  [
    'quotes',
    `A="b 'c'"\nB='b "c" #d'\nC=\`b "c" 'd'\`\nD=it's`,
    {
      ...{ A: "b 'c'", B: 'b "c" #d', C: 'b "c" \'d\'', D: "it's" },
    },
  ],
  ['escapes', 'A="b\\nc"\nB=\'b\\nc\'', { A: 'b\nc', B: 'b\\nc' }],
  ['several lines', 'A="b\n\n c=d # e\n"\nB=c', { A: 'b\n\n c=d # e\n', B: 'c' }],
  ['comments that are indented', '# a\n  # b=c\nA=\n # b=c\n\n\t#\nB=c', { A: '', B: 'c' }],
  ['= in a value', 'DATABASE_URL=postgres://a/b?c=d', { DATABASE_URL: 'postgres://a/b?c=d' }],
  ['other letters', 'MAIL_FROM=Ünï <a@b.org>', { MAIL_FROM: 'Ünï <a@b.org>' }],
];

/** Invalid files, with the reported lines and a part of the problem. */
const REFUSED: [what: string, content: string | Buffer, lines: number[], part: string][] = [
  ['UTF-16 with a mark', Buffer.from('\uFEFFA=b\n', 'utf16le'), [], 'UTF-16'],
  ['UTF-16 of the other order', Buffer.from('\uFEFFA=b\n', 'utf16le').swap16(), [], 'UTF-16'],
  ['UTF-16 without a mark', Buffer.from('A=b\n', 'utf16le'), [], 'UTF-16'],
  ['UTF-16 without a mark, of the other order', Buffer.from('A=b\n', 'utf16le').swap16(), [], 'UTF-16'],
  ['Latin-1', Buffer.from('A=b\n# \xfc\nB=\xfc\n', 'latin1'), [2, 3], 'UTF-8'],
  ['a NUL', 'A=b\nB=c\0d\n', [2], 'control character'],
  ['line breaks of old Macs', 'A=b\rB=c\r', [1], 'control character'],
  ['a colon', 'A=b\nDATABASE_URL: postgres://u:hidden@h/d?x=y\nJWT_SECRET: hidden', [2, 3], 'colon'],
  ['no =', 'A=b\nhidden\n', [2], 'not NAME=value'],
  ['no name', '=hidden', [1], 'not NAME=value'],
  ['a name with a dash', 'JWT-SECRET=hidden', [1], 'a name has'],
  ['a name with a dot', 'JWT.SECRET=hidden', [1], 'a name has'],
  ['a name with a digit in front', '1A=hidden', [1], 'a name has'],
  ['a name with a blank', 'set A=hidden', [1], 'a name has'],
  ['a blank that is none', 'A=b\n\u00a0\n', [2], 'not NAME=value'],
  ['a mark within', 'A=b\n\uFEFFJWT_SECRET=hidden', [2], 'a name has'],
  ['an open quote', 'A="b\nB=hidden', [1], 'not closed'],
  ['an open quote of the last line', "A=b\nB='hidden", [2], 'not closed'],
  ['text after a closing quote', 'A="b"hidden\nB="hid\\"den"', [1, 2], 'after the closing'],
  ['a # in a value', 'JWT_SECRET=hid#den\nB=#hidden\nC=hid#den # c', [1, 2, 3], 'end at the #'],
  ['typographic quotes', 'MAIL_FROM=“hidden”', [1], 'typographic'],
  ['a name twice', 'A=hidden\nB=c\nexport A="hidden"', [3], 'line 1'],
  ['all of it at once', 'a\nA: b\nB="c\nC-D=e', [1, 2, 3, 4], 'not NAME=value'],
];

/**
 * Without blanks before comments: after another comment or an empty value, parseEnv reads an indented comment as a
 * variable. In a quoted value of several lines they are kept.
 */
const unindented = (text: string) =>
  text.replace(
    /^[ \t]*(#.*)|^[^=\n]*=[ \t]*(["'`])[\s\S]*?\2/gm,
    (found, comment: string | undefined) => comment ?? found,
  );

describe('A file .env', () => {
  for (const [what, content, values] of UNDERSTOOD) {
    it(`may contain ${what}`, () => {
      expect(read(content)).to.deep.include({ problems: [], warnings: [] });
      expect(valuesOf(content)).to.deep.equal(values);
    });
  }

  for (const [what, content, lines, part] of REFUSED) {
    it(`is refused with ${what}; the problem names the lines and never their values`, () => {
      const { problems } = read(content);
      expect(problems.flatMap((each) => /^\.env, line (\d+): /.exec(each)?.[1] ?? []).map(Number)).to.deep.equal(lines);
      expect(problems.join('\n'))
        .to.include(part)
        .and.not.match(/hid|den/);
    });
  }

  it('causes a warning where a shell would substitute a variable', () => {
    const { warnings } = read(`A=b\nDATABASE_URL="postgres://chat:$${'{hidden}'}@db/chat"`);
    expect(warnings).to.have.length(1);
    expect(warnings[0])
      .to.match(/^\.env, line 2: /)
      .and.not.include('hidden');
  });

  it('means the same as with parseEnv, unless that ignores a line', () => {
    const piece = fc.constantFrom(
      ...['A', 'B', 'c', '=', '=', ' ', '\n', '\n', '"', "'", '`', '#', '\\', '\r\n', 'export ', ':', '$'],
    );
    const content = fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(content, (text) => {
        const { problems, variables } = read(text);
        if (problems.length > 0) return;
        const lines = text.split('\n').filter((line) => /=/.test(line.replace(/^\s*#.*/, '')));
        expect(lines.length).to.be.at.least(variables.size);
        // parseEnv gives a variable with an empty value, a blank and an empty line the value of the following line
        if (!/=[ \t]+\r?\n/.test(text)) expect(valuesOf(text)).to.deep.equal({ ...parseEnv(unindented(text)) });
      }),
      { numRuns: 20_000, examples: [['#\n #='], ['A=\n #='], ['A="\n #"\n#\n #=']] },
    );
  });
});
