import { expect } from 'chai';
import { createMail, type Email, type MailConfig } from '../../src/mail/mail.ts';
import { outboxPage } from '../../src/pages/outbox-page.ts';

const EMAIL: Email = { to: 'alice@example.com', subject: 'Grüße', text: 'Your code:\n\n246810\n\nBye – MmChat' };
const DRAIN_MS = 8_000;
const SILENT = { warn: () => undefined, error: () => undefined };

function start(config: MailConfig) {
  const printed: string[] = [];
  return { mail: createMail(config, SILENT, { print: (lines) => printed.push(lines) }), printed };
}

const emailTo = (name: string | number): Email => ({ ...EMAIL, to: `${name}@example.com` });

describe('The development outbox', () => {
  it('keeps the newest 200 e-mails, newest first', async () => {
    const { mail } = start({ kind: 'outbox', print: false });
    for (let number = 0; number < 205; number += 1) mail.send(emailTo(number));
    expect(mail.outbox, 'no e-mail is delivered before send returns').to.have.length(0);
    await mail.drain(DRAIN_MS);
    expect(mail.outbox).to.have.length(200);
    expect(mail.outbox?.[0]).to.include(emailTo(204));
    expect(mail.outbox?.[0]?.at).to.be.instanceOf(Date);
    expect(mail.outbox?.at(-1)).to.include(emailTo(5));
  });

  it('prints each e-mail on the terminal as one block, without escape sequences', async () => {
    const { mail, printed } = start({ kind: 'outbox', print: true });
    mail.send({ ...EMAIL, subject: 'Red \u001b[31malert' });
    await mail.drain(DRAIN_MS);
    expect(mail.destination).to.equal('this terminal and /dev/outbox');
    expect(printed).to.have.length(1);
    expect(printed[0]).to.include('To: alice@example.com\nSubject: Red [31malert\n\nYour code:\n\n246810\n');
  });

  it('prints nothing if disabled', async () => {
    const { mail, printed } = start({ kind: 'outbox', print: false });
    mail.send(EMAIL);
    await mail.drain(DRAIN_MS);
    expect(mail.destination).to.equal('/dev/outbox');
    expect(printed).to.deep.equal([]);
  });
});

describe('The outbox page', () => {
  const at = new Date('2025-09-20T12:34:56Z');

  it('escapes all content', () => {
    const hostile = `<script>alert("1")</script>&amp;'`;
    const page = outboxPage([{ to: hostile, subject: hostile, text: hostile, at }]);
    expect(page).not.to.include('<script');
    expect(page.split('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;&#39;')).to.have.length(4);
  });

  it('lists e-mails in the given order, and highlights each code', () => {
    const page = outboxPage([
      { ...EMAIL, at },
      { ...emailTo('bob'), text: 'No code, 123456 is in a line', at },
    ]);
    expect(page.indexOf('alice@example.com')).to.be.within(0, page.indexOf('bob@example.com'));
    expect(page.match(/<strong>\d+<\/strong>/g)).to.deep.equal(['<strong>246810</strong>']);
    expect(page).to.include('<time datetime="2025-09-20T12:34:56.000Z">2025-09-20 12:34:56 UTC</time>');
  });

  it('reports that there are no e-mails', () => {
    expect(outboxPage([])).to.include('No e-mails yet').and.to.include('<meta http-equiv="refresh" content="5">');
  });
});
