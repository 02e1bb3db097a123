import type { Parser } from './definition.ts';
import { type Parameter, serverUrl } from './server-url.ts';

const YES_NO: Parameter = { expected: 'true or false', form: /^(?:true|false)$/ };
const NUMBER: Parameter = { expected: 'a whole number', form: /^\d{1,9}$/ };
const TEXT: Parameter = { expected: 'a text that is not empty', form: /./ };

/** The URL parameters that nodemailer reads; it ignores all others. */
const PARAMETERS: ReadonlyMap<string, Parameter> = new Map([
  ...['requireTLS', 'ignoreTLS', 'opportunisticTLS', 'lmtp', 'tls.rejectUnauthorized'].map(
    (name) => [name, YES_NO] as const,
  ),
  ...['connectionTimeout', 'greetingTimeout', 'socketTimeout', 'dnsTimeout', 'idleTimeout'].map(
    (name) => [name, NUMBER] as const,
  ),
  ...['maxConnections', 'maxMessages', 'rateDelta', 'rateLimit'].map((name) => [name, NUMBER] as const),
  ...['name', 'localAddress', 'authMethod', 'proxy'].map((name) => [name, TEXT] as const),
  ...['tls.servername', 'tls.ciphers'].map((name) => [name, TEXT] as const),
  ...['tls.minVersion', 'tls.maxVersion'].map(
    (name) => [name, { expected: 'TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3', form: /^TLSv1(?:\.[123])?$/ }] as const,
  ),
  ['pool', { expected: 'true', form: /^true$/ }],
]);
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['secure', 'smtps:// is encrypted from the start, smtp:// as soon as the mail server offers it'],
  ['tls.ca', 'NODE_EXTRA_CA_CERTS names the file of a certification authority'],
]);

export const smtpUrl: Parser<string> = {
  expected: 'smtp://HOST:PORT or smtps://HOST:PORT, with USER:PASSWORD@ in front of the host if there is a login',
  read(text) {
    const { username, password, searchParams } = serverUrl(text, {
      schemes: ['smtp', 'smtps'],
      expected: this.expected,
      parameters: PARAMETERS,
      instead: INSTEAD,
    });
    if ((username === '') !== (password === '')) throw 'a URL with both a user and a password, or neither';
    if (searchParams.get('requireTLS') === 'true' && searchParams.get('ignoreTLS') === 'true')
      throw 'a URL with requireTLS or ignoreTLS, not both';
    return text;
  },
};

export const httpUrl: Parser<string> = {
  expected: 'a URL that starts with http:// or https://',
  read(text) {
    serverUrl(text, { schemes: ['http', 'https'], expected: this.expected, path: /^/ });
    return text;
  },
};
