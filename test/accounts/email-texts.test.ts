import { expect } from 'chai';
import { addressTaken, resetCode, signupCode } from '../../src/mail/emails.ts';

describe('An e-mail with a code', () => {
  it('has the code alone on its line and states how long it is valid', () => {
    for (const email of [
      signupCode('a@b.example', 'alice', '0123', 300),
      resetCode('a@b.example', 'alice', '0123', 90),
    ]) {
      expect(email.to).to.equal('a@b.example');
      expect(email.text.split('\n')).to.include('0123');
      expect(email.subject).not.to.include('0123');
      expect(email.text).to.include('ignore this e-mail');
    }
    expect(signupCode('a@b.example', 'alice', '0123', 300).text)
      .to.include('Hello alice,')
      .and.include('5 minutes');
    expect(signupCode('a@b.example', undefined, '0123', 60).text)
      .to.include('Hello,')
      .and.include('1 minute ');
    expect(resetCode('a@b.example', 'alice', '0123', 90).text).to.include('90 seconds');
  });

  it('contains no name that a mail program could turn into a link', () => {
    for (const name of ['www.evil-site.com', 'evil.example', 'a.b'])
      expect(signupCode('a@b.example', name, '0123', 300).text)
        .to.include('Hello,')
        .and.not.include(name);
  });

  it('is not sent to the owner of a taken address', () => {
    expect(addressTaken('a@b.example', 'alice').text).to.include('already has an account').and.not.match(/\d/);
  });
});
