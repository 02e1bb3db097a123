import { optional, variable } from '../definition.ts';
import { apiKey, integer, secret } from '../parsers.ts';
import { sender, sendgridSender } from '../sender.ts';
import { httpUrl, smtpUrl } from '../smtp-url.ts';

const MAX_TTL_MIN = 5_256_000; // ten years

export const accounts = {
  JWT_SECRET: optional(
    secret,
    'The secret that signs tokens. Production requires your own, of at least 32 bytes (`openssl rand -base64 32`). In development one is generated and kept beside the SQLite database, also instead of the published example `mangal`.',
  ),
  JWT_TTL_MIN: variable(
    integer(1, MAX_TTL_MIN, ' (minutes)'),
    '1440',
    'The lifetime of a session, in minutes. Using the session renews it.',
  ),
  SESSION_MAX_DAYS: variable(
    integer(1, 3_650, ' (days)'),
    '90',
    'The longest lifetime of a renewed session, in days after the login.',
  ),
  OTP_DIGITS: variable(integer(4, 10), '6', 'The number of digits of a one-time code.'),
  OTP_TTL_SEC: variable(integer(30, 3600, ' (seconds)'), '300', 'How long a one-time code is valid, in seconds.'),
  BCRYPT_COST: variable(
    integer(4, 15),
    '10',
    'The cost of password hashes, at least 10 in production; each step doubles the time. Hashes of another cost stay valid, and are renewed at the next login.',
  ),
};

export const mail = {
  SENDGRID_API_KEY: optional(
    apiKey,
    'With `SENDGRID_FROM`, e-mails are sent through SendGrid, even if `SMTP_URL` is set. The server does not start with only one of the two.',
  ),
  SENDGRID_FROM: optional(sendgridSender, 'The verified sender at SendGrid.'),
  SENDGRID_ENDPOINT: optional(httpUrl, 'Another base URL of SendGrid’s API, such as that of its EU region.'),
  SMTP_URL: optional(
    smtpUrl,
    'The mail server, such as `smtps://user:password@mail.example.com`. `%`, `/`, `?`, `#` and `@` in the user and the password are percent-encoded. Query parameters set options of nodemailer (`?requireTLS=true`).',
  ),
  MAIL_FROM: variable(sender, 'MmChat <no-reply@localhost>', 'The sender of e-mails over SMTP.'),
};
