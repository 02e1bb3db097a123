import type { MailConfig } from '../mail/mail.ts';
import type { Values } from './variables.ts';

const [KEY, FROM] = ['SENDGRID_API_KEY', 'SENDGRID_FROM'];

/** Prefers SendGrid to SMTP to the development outbox, which does not exist in production. */
export function mailOf(value: Values, production: boolean, problems: string[]): MailConfig {
  const { SENDGRID_API_KEY: apiKey, SENDGRID_FROM: from, SENDGRID_ENDPOINT: endpoint } = value;
  if (apiKey !== undefined && from !== undefined) {
    return { kind: 'sendgrid', apiKey, from, ...(endpoint !== undefined && { endpoint }) };
  }
  // a malformed variable is in `problems` already
  const isNamed = problems.some((problem) => /^(?:SENDGRID_|SMTP_URL)/.test(problem));
  if ((apiKey ?? from) !== undefined && !isNamed) {
    const [set, missing] = apiKey === undefined ? [FROM, KEY] : [KEY, FROM];
    problems.push(`${set} is set and ${missing} is not: SendGrid needs both; without both, SMTP_URL can be used`);
    return { kind: 'outbox', print: true };
  }
  if (value.SMTP_URL !== undefined) return { kind: 'smtp', url: value.SMTP_URL, from: value.MAIL_FROM };
  if (production && !isNamed)
    problems.push('production needs a way to send mail: SENDGRID_API_KEY and SENDGRID_FROM, or SMTP_URL');
  return { kind: 'outbox', print: true };
}
