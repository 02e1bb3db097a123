import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { sql } from 'kysely';
import {
  emailKeyOf,
  isEmail,
  isUsername,
  normalizedCode,
  normalizedUsername,
  usernameKeyOf,
} from '../../src/accounts/names.ts';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { codeIn } from '../support/people.ts';
import { ask, newAccount, PASSWORD, withDatabase } from './requests.ts';

const PUNYCODE = 'xn--e1afmkfd.xn--p1ai';

onEachDatabase('An account in any script', (kind) => {
  let app: TestApp;
  before(async () => {
    app = await startApp(kind);
  });
  after(() => app.stop());

  /** Signs up with the code from the e-mail. @param sentTo the address as the mail server receives it */
  async function signUp(account: { username: string; email: string; password: string }, sentTo = account.email) {
    const asked = await ask(app, 'signup/initiate', account);
    expect(asked.status, JSON.stringify(asked.body)).to.equal(200);
    const otp = codeIn((await app.smtp.next(sentTo)).text);
    const verified = await ask(app, 'signup/verify', { ...account, otp });
    expect(verified.status, JSON.stringify(verified.body)).to.equal(200);
    return verified.body.user_id as number;
  }
  const logIn = async (username: string, password = PASSWORD) => (await ask(app, 'login', { username, password })).body;

  it('has one address in all spellings of its domain', async () => {
    const account = { ...newAccount(), email: 'vera@пример.рф' };
    const id = await signUp(account, 'vera@пример.рф');
    for (const email of [
      `vera@${PUNYCODE}`,
      'Vera@ПРИМЕР.рф',
      ' vera@пример.рф\u00A0',
      `vera@${PUNYCODE.toUpperCase()}`,
    ]) {
      expect(await logIn(email), email).to.include({ user_id: id });
      expect((await ask(app, 'signup/initiate', { ...newAccount(), email })).status).to.equal(200);
      expect((await app.smtp.next('vera@пример.рф')).text).to.include('already has an account');
    }
    expect((await ask(app, 'forgot/initiate', { email: `vera@${PUNYCODE}` })).status).to.equal(200);
    const otp = codeIn((await app.smtp.next('vera@пример.рф')).text);
    const reset = await ask(app, 'forgot/reset', { email: 'vera@пример.рф', otp, new_password: 'пароль-из-букв' });
    expect(reset.status).to.equal(200);
    expect(await logIn('vera@пример.рф', 'пароль-из-букв')).to.include({ user_id: id });
  });

  for (const [username, email, password] of [
    ['Вера_Петровна', 'вера@example.com', 'пароль из букв'],
    ['山田太郎', '太郎@例え.テスト', 'ひみつのことばです'],
    ['محمد.علي', 'محمد@مثال.إختبار', 'كلمة السر الجديدة'],
    ['हिन्दीनाम', 'नाम@उदाहरण.परीक्षा', 'मेरा पासवर्ड है'],
    ['𐐷𐐲𐑌𐐻', 'deseret@example.photography', 'StrongPassword123'],
  ] as const)
    it(`signs up, logs in and is found: ${username}`, async () => {
      const account = { username, email, password };
      const before = app.smtp.emails.length;
      expect((await ask(app, 'signup/initiate', account)).body).to.include({ success: true });
      while (app.smtp.emails.length === before) await sleep(5);
      const text = app.smtp.emails[before]?.text ?? '';
      const { status, body, headers } = await ask(app, 'signup/verify', { ...account, otp: codeIn(text) });
      expect(status, JSON.stringify(body)).to.equal(200);
      for (const name of [username, email, ` ${username}\u3000`])
        expect(await logIn(name, password)).to.include({ user_id: body.user_id });
      const cookie = (headers.get('set-cookie') ?? '').split(';')[0] ?? '';
      const found = async (q: string) => {
        const response = await fetch(`${app.url}/api/users/search?q=${encodeURIComponent(q)}`, { headers: { cookie } });
        return ((await response.json()) as { users: { username: string }[] }).users.map((each) => each.username);
      };
      const characters = [...username];
      expect(await found(username.toUpperCase())).to.deep.equal([username]);
      expect(await found(characters.slice(1, -1).join(''))).to.include(username);
    });

  it('cannot have a name that differs from another only in case or normalisation form', async () => {
    await signUp({ ...newAccount(), username: 'Straße' });
    for (const username of ['STRASSE', 'straße', 'ＳＴＲＡＳＳＥ', ' strasse '])
      expect((await ask(app, 'signup/initiate', { ...newAccount(), username })).body, username).to.include({
        code: 'username_taken',
      });
  });

  it('is stored as typed, but without surrounding blanks and in one normalisation form', async () => {
    const id = await signUp(
      { ...newAccount(), username: '\u00A0ｆｕｌｌ＿ｗｉｄｔｈ\u3000', email: '  Wide@Example.com ' },
      'Wide@example.com',
    );
    const rows = await withDatabase(app, async ({ sql: db }) => {
      return (await sql`select username, email from users where id = ${id}`.execute(db)).rows;
    });
    expect(rows).to.deep.equal([{ username: 'full_width', email: 'Wide@Example.com' }]);
  });

  it('accepts a code with blanks, dashes and digits of any script', async () => {
    for (const spelled of [
      (code: string) => ` ${code.slice(0, 3)} ${code.slice(3)}\n`,
      (code: string) => `${code.slice(0, 3)}-${code.slice(3)}`,
      (code: string) => code.replace(/\d/g, (digit) => '０１２３４５６７８９'[Number(digit)] ?? ''),
      (code: string) => code.replace(/\d/g, (digit) => '٠١٢٣٤٥٦٧٨٩'[Number(digit)] ?? ''),
    ]) {
      const account = newAccount();
      await ask(app, 'signup/initiate', account);
      const otp = spelled(codeIn((await app.smtp.next(account.email)).text));
      expect((await ask(app, 'signup/verify', { ...account, otp })).status, otp).to.equal(200);
    }
  });

  it('is refused with a client error if a name or an address is too long after normalising', async () => {
    const long = [
      { username: 'İ'.repeat(32) },
      { username: '\uFDFA'.repeat(18) },
      { username: 'ß'.repeat(32) },
      { email: `${'İ'.repeat(64)}@${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.example` },
      { email: `a@${'ü'.repeat(60)}.${'ü'.repeat(60)}.${'ü'.repeat(60)}.${'ü'.repeat(60)}.example` },
    ];
    for (const each of long)
      expect((await ask(app, 'signup/initiate', { ...newAccount(), ...each })).body, JSON.stringify(each)).to.include({
        code: 'invalid_input',
      });
    const fits = { ...newAccount(), email: `${'İ'.repeat(64)}@example.com` };
    expect((await ask(app, 'signup/initiate', fits)).status).to.equal(200);
    const person = await app.person();
    for (const q of ['İ'.repeat(64), '\uFDFA'.repeat(64), '𐐷'.repeat(64)])
      expect(await person.rest.ask('search_users', { q })).to.include({ ok: true });
    for (const username of [`${'İ'.repeat(20_000)}@example.com`, '\uFDFA'.repeat(20_000)])
      expect((await ask(app, 'login', { username, password: 'x' })).status).to.equal(401);
  });

  it('is named in e-mails in a form that is not a link, and that can be copied to log in', async () => {
    const account = { ...newAccount(), username: 'www.evil-site.com' };
    await signUp(account);
    expect((await ask(app, 'forgot/initiate', account)).status).to.equal(200);
    const { text } = await app.smtp.next(account.email);
    expect(text).not.to.include('www.evil');
    const shown = /username.* is: (.*)/.exec(text)?.[1] ?? '';
    expect(shown).to.equal('www . evil-site . com');
    expect(await logIn(shown)).to.include({ success: true });
  });
});

describe('The normalised form', () => {
  it('of a username has letters of only one of the scripts that look alike', () => {
    for (const name of ['alice', 'Вера', 'Ωμέγα', '山田_taro', '김철수-2', 'אברהם', 'ทดสอบ', 'José', 'нижній'])
      expect(isUsername(normalizedUsername(name)), name).to.equal(true);
    for (const name of [
      'pаypal',
      'αdmin',
      'Ꭺdmin',
      'ab',
      'a\u200Bbc',
      'a\u3164b',
      'a b',
      'a@b',
      '\u0301ab',
      'a\u{E0001}bc',
    ])
      expect(isUsername(normalizedUsername(name)), JSON.stringify(name)).to.equal(false);
  });

  it('is the same for names that differ only in case and form', () => {
    for (const [one, other] of [
      ['ΟΔΟΣ', 'οδοσ'],
      ['ı', 'I'],
      ['ﬁsh', 'FISH'],
      ['Å', 'Å'],
    ] as const)
      expect(usernameKeyOf(one), one).to.equal(usernameKeyOf(other));
  });

  it('of an address has a domain that e-mails can be sent to', () => {
    for (const email of [
      'a@b.co',
      'a@b.photography',
      'a@пример.рф',
      `a@${PUNYCODE}`,
      'ü@bücher.example',
      'a@例子。中国',
    ])
      expect(isEmail(email), email).to.equal(true);
    for (const email of ['a@b', 'a@-b.co', 'a@b.1', 'a@1.2.3.4', 'a@b..co', 'a@b.co.', 'a@%61.co', 'a@b_c.co', '@b.co'])
      expect(isEmail(email), email).to.equal(false);
    expect(emailKeyOf('A@Bücher.Example')).to.equal('a@xn--bcher-kva.example');
  });

  it('of a code consists of ASCII digits, for any script', () => {
    for (const code of ['123 456', '123-456', '１２３４５６', '١٢٣٤٥٦', '१२३४५६', '\u200E123\u2013456 ', '𝟏𝟐𝟑𝟒𝟓𝟔'])
      expect(normalizedCode(code)).to.equal('123456');
    expect(normalizedCode('90 ٩٠')).to.equal('9090');
  });
});
