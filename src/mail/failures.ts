/**
 * Why a transport did not accept an e-mail, described for the operator. Only numbers are kept of the mail server's
 * reply: its text may quote the address.
 */
export type Failure = {
  /** A clause that names the cause. */
  readonly cause: string;
  /** The reply code of the mail server, or the name of the system error. */
  readonly code: string | number;
  /** The enhanced status code of a mail server's reply (RFC 3463), such as `4.7.1`. */
  readonly status?: string;
  /** What the operator can do about it, if known. */
  readonly next?: string;
  /** Whether only this e-mail or its recipient was refused: others may be accepted. */
  readonly isOfEmail: boolean;
  /** Whether retrying is useless. */
  readonly permanent: boolean;
  /** The attempt timed out, either because of the transport or because of the recipient. */
  readonly timedOut?: boolean;
  /** When the mail server asks to be tried again, in milliseconds. */
  readonly retryAfterMs?: number;
};
type Description = Pick<Failure, 'cause' | 'next'>;

const CHECK_URL =
  'Check the host and the port in SMTP_URL, and that the mail server runs and can be reached from here.';
const CHECK_NETWORK = 'Check the mail server and the firewalls on the way to it; many providers block port 25.';
const CHECK_KEY =
  'Check SENDGRID_API_KEY (it needs the right to send mail) and that SENDGRID_FROM is a verified sender.';
const FIX_TRUST = 'Give the mail server a certificate that is trusted, or name the authority in NODE_EXTRA_CA_CERTS.';

/** Errors of the system and of TLS, by their codes. */
const SYSTEM: Readonly<Record<string, Description>> = {
  ECONNREFUSED: { cause: 'nothing listens at the address of the mail server', next: CHECK_URL },
  ENOTFOUND: { cause: 'the name of the mail server cannot be resolved', next: CHECK_URL },
  EAI_AGAIN: { cause: 'the name server did not answer', next: 'Check the name server of this machine.' },
  EHOSTUNREACH: { cause: 'there is no route to the mail server', next: CHECK_NETWORK },
  ENETUNREACH: { cause: 'there is no route to the mail server', next: CHECK_NETWORK },
  ECONNRESET: { cause: 'the mail server reset the connection', next: CHECK_URL },
  EPIPE: { cause: 'the mail server reset the connection', next: CHECK_URL },
  ECONNECTION: { cause: 'the mail server closed the connection', next: CHECK_URL },
  ETIMEDOUT: { cause: 'the mail server did not answer in time', next: CHECK_NETWORK },
  ECONNABORTED: { cause: 'the mail server did not answer in time', next: CHECK_NETWORK },
  CERT_HAS_EXPIRED: {
    cause: 'the certificate of the mail server has expired',
    next: 'Renew it, or correct the clock of this machine.',
  },
  CERT_NOT_YET_VALID: {
    cause: 'the certificate of the mail server is not valid yet',
    next: 'Check the clocks of both machines.',
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: { cause: 'the certificate of the mail server is self-signed', next: FIX_TRUST },
  SELF_SIGNED_CERT_IN_CHAIN: {
    cause: 'the certificate of the mail server is from an unknown authority',
    next: FIX_TRUST,
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    cause: 'the certificate of the mail server is from an unknown authority',
    next: FIX_TRUST,
  },
  UNABLE_TO_GET_ISSUER_CERT: {
    cause: 'the certificate of the mail server is from an unknown authority',
    next: FIX_TRUST,
  },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
    cause: 'the certificate of the mail server is from an unknown authority',
    next: FIX_TRUST,
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    cause: 'the certificate of the mail server is for another name',
    next: 'Use the name of the certificate in SMTP_URL.',
  },
  ERR_SSL_WRONG_VERSION_NUMBER: {
    cause: 'the mail server does not speak TLS on this port',
    next: 'Use smtp:// in SMTP_URL (STARTTLS is tried automatically), or the port for smtps://.',
  },
};
/** The same errors by the text of OpenSSL, for when nothing else is available. */
const TLS_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/has expired/i, 'CERT_HAS_EXPIRED'],
  [/not yet valid/i, 'CERT_NOT_YET_VALID'],
  [/self.signed certificate in/i, 'SELF_SIGNED_CERT_IN_CHAIN'],
  [/self.signed/i, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [/altnames/i, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  [/issuer|verify the first/i, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
  [/wrong version number|packet length too long/i, 'ERR_SSL_WRONG_VERSION_NUMBER'],
];

/** The subject of an enhanced status code, by its second number (RFC 3463, section 3). */
const SUBJECTS: Readonly<Record<string, string>> = {
  1: 'the address',
  2: 'the mailbox',
  3: 'its mail system',
  4: 'the network',
  5: 'the protocol',
  6: 'the content',
  7: 'security or its policy for senders',
};
const SENDER_REFUSED: Description = {
  cause: 'the mail server refused the sender',
  next: 'Check that the mail server permits MAIL_FROM to send: its address, SPF and the login in SMTP_URL.',
};
const LOGIN_REFUSED: Description = {
  cause: 'the mail server refused the login',
  next: 'Check the user and the password in SMTP_URL; special characters in them are percent-encoded.',
};

const SMTP_PERMANENT = 500;
/** A refusal of these commands concerns one e-mail only. */
const COMMANDS_OF_EMAIL = new Set(['RCPT TO', 'DATA']);

/** Describes an error of nodemailer. */
export function smtpFailure(error: unknown): Failure {
  const reply = Number(property(error, 'responseCode')) || undefined;
  const command = String(property(error, 'command') ?? '');
  if (property(error, 'code') === 'EAUTH')
    return { ...LOGIN_REFUSED, ...codesOf(error, reply), isOfEmail: false, permanent: false };
  if (reply !== undefined) return refusedBySmtp(error, reply, command);
  if (property(error, 'code') === 'EENVELOPE')
    return { cause: 'the address is not usable', code: 'EENVELOPE', isOfEmail: true, permanent: true };
  return connectionFailure(error);
}

function refusedBySmtp(error: unknown, reply: number, command: string): Failure {
  const isOfEmail = COMMANDS_OF_EMAIL.has(command);
  const codes = codesOf(error, reply);
  const subject = SUBJECTS[codes.status?.split('.')[1] ?? ''];
  const duration = reply < SMTP_PERMANENT ? 'temporarily' : 'permanently';
  const object = command === 'DATA' ? 'the e-mail' : 'the recipient';
  const cause = `the mail server ${duration} refused ${object}${subject === undefined ? '' : `, because of ${subject}`}`;
  const description =
    command === 'MAIL FROM' ? SENDER_REFUSED : { cause: isOfEmail ? cause : 'the mail server refused the connection' };
  return { ...description, ...codes, isOfEmail, permanent: isOfEmail && reply >= SMTP_PERMANENT };
}

/** The codes in a reply of the mail server. */
function codesOf(error: unknown, reply: number | undefined): { code: string | number; status?: string } {
  const [, status] = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(String(property(error, 'response') ?? '')) ?? [];
  return { code: reply ?? codeOf(error), ...(status !== undefined && { status }) };
}

/** Describes an attempt without a reply. */
function connectionFailure(error: unknown): Failure {
  const code = codeOf(error);
  const timedOut = code === 'ETIMEDOUT' || code === 'ECONNABORTED';
  return { ...describe(code), code, isOfEmail: false, permanent: false, ...(timedOut && { timedOut }) };
}

const describe = (code: string): Description =>
  SYSTEM[code] ?? {
    cause: code === 'ETLS' ? 'the TLS handshake with the mail server failed' : 'the mail server cannot be used',
  };

/** The most specific code: that of the system or of TLS rather than nodemailer's own. */
function codeOf(error: unknown): string {
  if (property(error, 'name') === 'AbortError') return 'ETIMEDOUT'; // only the time limit aborts an attempt
  const message = String(property(error, 'message') ?? '');
  const byText = TLS_TEXTS.find(([text]) => text.test(message))?.[1];
  const codes = [
    property(error, 'originalCode'),
    property(property(error, 'cause'), 'code'),
    byText,
    property(error, 'code'),
  ];
  const text = codes.filter((each) => typeof each === 'string');
  return text.find((each) => each in SYSTEM) ?? text[0] ?? 'unknown';
}

const HTTP = { badRequest: 400, unauthorized: 401, forbidden: 403, tooMany: 429, serverError: 500 };

/** Describes an error of SendGrid's package. */
export function sendgridFailure(error: unknown): Failure {
  const code = property(error, 'code');
  if (typeof code !== 'number')
    return {
      ...connectionFailure(error),
      cause: ofSendgrid(describe(codeOf(error)).cause),
      next: 'Check the network of this machine, and SENDGRID_ENDPOINT if it is set.',
    };
  const after = retryAfterMs(property(property(property(error, 'response'), 'headers'), 'retry-after'));
  const passing = { code, isOfEmail: false, permanent: false, ...(after !== undefined && { retryAfterMs: after }) };
  if (code === HTTP.unauthorized || code === HTTP.forbidden)
    return { cause: 'SendGrid refused the key or the sender', next: CHECK_KEY, ...passing };
  if (code === HTTP.tooMany)
    return {
      cause: 'SendGrid temporarily accepts no more e-mails',
      next: 'Check the limits of your plan at SendGrid.',
      ...passing,
    };
  if (code >= HTTP.badRequest && code < HTTP.serverError)
    return { cause: 'SendGrid refused the e-mail', code, isOfEmail: true, permanent: true };
  return { cause: 'SendGrid reports an internal error', next: 'Check status.sendgrid.com.', ...passing };
}

const ofSendgrid = (cause: string) => cause.replaceAll('the mail server', 'SendGrid');

/** @param header in seconds, or a date (RFC 9110, section 10.2.3) */
function retryAfterMs(header: unknown): number | undefined {
  if (typeof header !== 'string') return undefined;
  const ms = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return ms >= 0 ? ms : undefined;
}

/** A property of an error, or of an object inside one. */
function property(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}
