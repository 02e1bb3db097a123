import { expect } from 'chai';
import { addressTaken, resetCode, signupCode } from '../../src/accounts/letters.ts';

describe('A letter with a code', () => {
  it('has the code alone on its line and says how long it is valid', () => {
    for (const letter of [signupCode('a@b.example', 'alice', '0123', 300), resetCode('a@b.example', '0123', 90)]) {
      expect(letter.to).to.equal('a@b.example');
      expect(letter.text.split('\n')).to.include('0123');
      expect(letter.subject).not.to.include('0123');
      expect(letter.text).to.include('ignore this letter');
    }
    expect(signupCode('a@b.example', 'alice', '0123', 300).text)
      .to.include('Hello alice,')
      .and.include('5 minutes');
    expect(signupCode('a@b.example', undefined, '0123', 60).text)
      .to.include('Hello,')
      .and.include('1 minute ');
    expect(resetCode('a@b.example', '0123', 90).text).to.include('90 seconds');
  });

  it('shows no name that a mail program could make a link of', () => {
    for (const name of ['www.evil-site.com', 'evil.example', 'a.b'])
      expect(signupCode('a@b.example', name, '0123', 300).text)
        .to.include('Hello,')
        .and.not.include(name);
  });

  it('is not what the owner of a taken address gets', () => {
    expect(addressTaken('a@b.example').text).to.include('already has an account').and.not.match(/\d/);
  });
});
