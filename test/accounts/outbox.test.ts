import { expect } from 'chai';
import { createMail, type Letter, type MailConfig } from '../../src/accounts/mail.ts';
import { outboxPage } from '../../src/accounts/outbox-page.ts';

const LETTER: Letter = { to: 'alice@example.com', subject: 'Grüße', text: 'Your code:\n\n246810\n\nBye – MmChat' };
const DRAIN_MS = 8_000;
const SILENT = { warn: () => undefined, error: () => undefined };

function start(config: MailConfig) {
  const printed: string[] = [];
  return { mail: createMail(config, SILENT, (lines) => printed.push(lines)), printed };
}

const letterTo = (name: string | number): Letter => ({ ...LETTER, to: `${name}@example.com` });

describe('Mail in the development outbox', () => {
  it('keeps the newest 200 letters, newest first', async () => {
    const { mail } = start({ kind: 'outbox', print: false });
    for (let number = 0; number < 205; number += 1) mail.send(letterTo(number));
    expect(mail.outbox, 'a letter delivered before send returned').to.have.length(0);
    await mail.drain(DRAIN_MS);
    expect(mail.outbox).to.have.length(200);
    expect(mail.outbox?.[0]).to.include(letterTo(204));
    expect(mail.outbox?.[0]?.at).to.be.instanceOf(Date);
    expect(mail.outbox?.at(-1)).to.include(letterTo(5));
  });

  it('shows each letter on the terminal as one block, without escape sequences', async () => {
    const { mail, printed } = start({ kind: 'outbox', print: true });
    mail.send({ ...LETTER, subject: 'Red \u001b[31malert' });
    await mail.drain(DRAIN_MS);
    expect(mail.destination).to.equal('this terminal and /dev/outbox');
    expect(printed).to.have.length(1);
    expect(printed[0]).to.include('To: alice@example.com\nSubject: Red [31malert\n\nYour code:\n\n246810\n');
  });

  it('prints nothing when told so', async () => {
    const { mail, printed } = start({ kind: 'outbox', print: false });
    mail.send(LETTER);
    await mail.drain(DRAIN_MS);
    expect(mail.destination).to.equal('/dev/outbox');
    expect(printed).to.deep.equal([]);
  });
});

describe('Mail on the outbox page', () => {
  const at = new Date('2025-09-20T12:34:56Z');

  it('is text, whatever it holds', () => {
    const hostile = `<script>alert("1")</script>&amp;'`;
    const page = outboxPage([{ to: hostile, subject: hostile, text: hostile, at }]);
    expect(page).not.to.include('<script');
    expect(page.split('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;&#39;')).to.have.length(4);
  });

  it('comes in the order given, each code apart from the text around it', () => {
    const page = outboxPage([
      { ...LETTER, at },
      { ...letterTo('bob'), text: 'No code, 123456 is in a line', at },
    ]);
    expect(page.indexOf('alice@example.com')).to.be.within(0, page.indexOf('bob@example.com'));
    expect(page.match(/<strong>\d+<\/strong>/g)).to.deep.equal(['<strong>246810</strong>']);
    expect(page).to.include('<time datetime="2025-09-20T12:34:56.000Z">2025-09-20 12:34:56 UTC</time>');
  });

  it('is said to be none when there is none', () => {
    expect(outboxPage([])).to.include('No mail yet').and.to.include('<meta http-equiv="refresh" content="5">');
  });
});
