import type { Config } from '../../src/config/config.ts';

export const SECRET = 'a secret of our own that is long enough';

/** The expected value of a variable. */
type Case = {
  at: (config: Config) => unknown;
  /** Other variables that it requires. */
  given?: Record<string, string>;
  /** The expected value of its default; `given` if it needs nothing else. */
  alone?: Record<string, string>;
  fallback: unknown;
  good: [text: string, value: unknown][];
  bad: string[];
};

const rate = (at: Case['at'], points: number, seconds: number): Case => ({
  at,
  fallback: { points, seconds },
  good: [['7/11', { points: 7, seconds: 11 }]],
  bad: [
    '7',
    '0',
    '0/1',
    '1/0',
    '-1/1',
    '1/1/1',
    '1.5/1',
    'many/1',
    '1 / 1',
    '1/s',
    '20/1s',
    '1/2147484',
    '1/999999999',
  ],
});
/** @param fallback in seconds, as what is refused for being too much; the configuration holds milliseconds */
const seconds = (at: Case['at'], fallback: number, tooMany: number): Case => ({
  at,
  fallback: fallback * 1_000,
  good: [['3', 3_000]],
  bad: ['0', `${tooMany}`, '1.5', '1s'],
});
const PUBLIC_FROM = { SENDGRID_API_KEY: 'SG.key', SENDGRID_FROM: 'chat@example.com' };
const BAD_SENDERS = [
  ...['chat', '@', 'chat@', '@example.com', 'a b', 'MmChat', 'MmChat <>', 'MmChat <chat>', 'MmChat chat@example.com'],
  ...['a@b.org, c@d.org', 'A <a@b.org', 'A a@b.org>', 'A <a@b.org> B', 'Group: a@b.org;', 'a@b..org'],
  ...['a@b.org\nBcc: c@d.org', 'A\u0007 <a@b.org>', 'a\u0000@b.org', 'a@b.org,', '"A <a@b.org>', 'a@b@c.org', 'a@-b'],
];
const SMTP = { SMTP_URL: 'smtp://127.0.0.1:2525' };
const sender = ({ mail }: Config) => mail.kind !== 'outbox' && mail.from;

/** All variables: their defaults, and valid and invalid values. */
export const CASES: Record<string, Case> = {
  NODE_ENV: {
    at: ({ production }) => production,
    fallback: false,
    good: [
      ['development', false],
      ['test', false],
    ],
    bad: ['prod', 'Production', 'PRODUCTION', 'staging', 'dev', 'production;'],
  },
  HTTP_ADDR: {
    at: ({ http }) => http,
    fallback: { host: undefined, port: 8080 },
    good: [
      [':9000', { host: undefined, port: 9000 }],
      ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
      ['chat.example.com:65535', { host: 'chat.example.com', port: 65_535 }],
      ['[::1]:8080', { host: '::1', port: 8080 }],
    ],
    bad: [
      ...['8080', ':', ':65536', ':http', 'localhost', '::1:8080', 'a b:80', 'http://localhost:8080', '*:8080'],
      ...['300.1.1.1:80', '1.2.3:80', '[::g]:80', '[]:80', '[127.0.0.1]:80', 'a..b:80', '-a:80', 'ä:80', ':-1', ':+80'],
    ],
  },
  DATABASE_URL: {
    at: ({ database }) => database,
    fallback: { kind: 'sqlite', path: 'data/mmchat.sqlite' },
    good: [
      ['sqlite:other/chat.sqlite', { kind: 'sqlite', path: 'other/chat.sqlite' }],
      ['sqlite:/var/chat.sqlite', { kind: 'sqlite', path: '/var/chat.sqlite' }],
      ['sqlite::memory:', { kind: 'sqlite', path: ':memory:' }],
      ['postgres://user:pw@db:5432/chat', { kind: 'postgresql', url: 'postgres://user:pw@db:5432/chat' }],
      ['postgresql://db/chat', { kind: 'postgresql', url: 'postgresql://db/chat' }],
    ],
    bad: [
      'mysql://db/chat',
      'chat.sqlite',
      'sqlite:',
      'postgres:db',
      'postgres://db/chat?ssl=true',
      'postgres://db/chat?sslmode=maybe',
      'postgres://db/chat?sslmode=verify-ca',
      'postgres://db/chat?sslmode=require&sslmode=disable',
      'postgres://db:0/chat',
    ],
  },
  DATABASE_CREATE: {
    at: ({ database }) => database.create ?? false,
    fallback: false,
    good: [
      ['on', true],
      ['off', false],
    ],
    bad: ['maybe'],
  },
  JWT_SECRET: {
    at: ({ tokens }) => tokens.secret,
    fallback: SECRET,
    good: [
      ['short', 'short'],
      [' between blanks\n', 'between blanks'],
    ],
    bad: ['two\nlines', 'a\u0000b', 'a\u001bb'],
  },
  JWT_TTL_MIN: {
    at: ({ tokens }) => tokens.ttlMinutes,
    fallback: 1440,
    good: [['1', 1]],
    bad: ['0', '-5', '1.5', '1h', '1e3', '5256001'],
  },
  SESSION_MAX_DAYS: {
    at: ({ tokens }) => tokens.maxDays,
    fallback: 90,
    good: [['3650', 3650]],
    bad: ['0', '-5', '1.5', '90d', '3651'],
  },
  OTP_DIGITS: {
    at: ({ otp }) => otp.digits,
    fallback: 6,
    good: [
      ['4', 4],
      [' 10 ', 10],
    ],
    bad: ['six', '3', '11', '0x5'],
  },
  OTP_TTL_SEC: {
    at: ({ otp }) => otp.ttlSec,
    fallback: 300,
    good: [
      ['30', 30],
      ['3600', 3600],
    ],
    bad: ['29', '3601', '5m'],
  },
  BCRYPT_COST: {
    at: ({ passwords }) => passwords.cost,
    fallback: 10,
    good: [
      ['4', 4],
      ['15', 15],
    ],
    bad: ['3', '16', 'high'],
  },
  SENDGRID_API_KEY: {
    at: ({ mail }) => mail,
    given: { SENDGRID_FROM: 'chat@example.com', ...SMTP },
    alone: SMTP,
    fallback: { kind: 'smtp', url: SMTP.SMTP_URL, from: 'MmChat <no-reply@localhost>' },
    good: [['SG.key', { kind: 'sendgrid', apiKey: 'SG.key', from: 'chat@example.com' }]],
    bad: ['SG. key', 'SG.kéy', 'SG.k\tey', 'SG.key\nX: y'],
  },
  SENDGRID_FROM: {
    at: ({ mail }) => mail,
    given: { SENDGRID_API_KEY: 'SG.key' },
    alone: {},
    fallback: { kind: 'outbox', print: true },
    good: [
      ['chat@example.com', { kind: 'sendgrid', apiKey: 'SG.key', from: 'chat@example.com' }],
      ['"A, B" <chat@b.org>', { kind: 'sendgrid', apiKey: 'SG.key', from: 'A, B <chat@b.org>' }],
    ],
    bad: [...BAD_SENDERS, '"A <b>" <chat@example.com>'],
  },
  SENDGRID_ENDPOINT: {
    at: ({ mail }) => mail.kind === 'sendgrid' && mail.endpoint,
    given: PUBLIC_FROM,
    fallback: undefined,
    good: [['http://127.0.0.1:9', 'http://127.0.0.1:9']],
    bad: ['127.0.0.1', 'smtp://127.0.0.1', 'https://', 'http://a b', 'https://a/?b=c', 'https://a/#b'],
  },
  SMTP_URL: {
    at: ({ mail }) => mail,
    fallback: { kind: 'outbox', print: true },
    good: [
      ['smtp://u:p@mx:25', { kind: 'smtp', url: 'smtp://u:p@mx:25', from: 'MmChat <no-reply@localhost>' }],
      ['smtps://mx', { kind: 'smtp', url: 'smtps://mx', from: 'MmChat <no-reply@localhost>' }],
    ],
    bad: [
      ...['mx:25', 'http://mx', 'smtp:', 'smtp://', 'smtp:mx:25', 'smtp://:25', 'smtp://mx:0', 'smtp://mx:70000'],
      ...['smtp://m x', 'smtp://mx_%zz', 'smtp://mx/inbox', 'smtp://mx#a', 'smtp://1.2.3', 'smtp://a,b'],
      ...[
        'smtp://u:p%zz@mx',
        'smtp://u:12#x@mx',
        'smtp://u:12/x@mx',
        'smtp://u:12?x@mx',
        'smtp://u@mx',
        'smtp://:p@mx',
      ],
      ...['smtp://mx?requireTls=true', 'smtp://mx?secure=true', 'smtp://mx?tls.ca=a', 'smtp://mx?auth.user=a'],
      ...['smtp://mx?requireTLS=yes', 'smtp://mx?requireTLS', 'smtp://mx?requireTLS=1', 'smtp://mx?pool=false'],
      ...['smtp://mx?requireTLS=true&requireTLS=true', 'smtp://mx?requireTLS=true&ignoreTLS=true'],
      ...[
        'smtp://mx?socketTimeout=1s',
        'smtp://mx?tls.minVersion=1.2',
        'smtp://mx?logger=true',
        'smtp://mx?service=Gmail',
      ],
    ],
  },
  MAIL_FROM: {
    at: sender,
    given: SMTP,
    fallback: 'MmChat <no-reply@localhost>',
    good: [
      'chat@example.com',
      'Chat <chat@localhost>',
      '"A, B" <a@b.org>',
      'A, B <a@b.org>',
      'Ünï cödé <a@exämple.de>',
      '<a@b.org>',
    ].map((text) => [text, text]),
    bad: BAD_SENDERS,
  },
  REDIS_URL: {
    at: ({ redis }) => redis,
    fallback: undefined,
    good: [
      ['redis://u:p@r:6379/1', { kind: 'server', url: 'redis://u:p@r:6379/1', shown: 'r:6379' }],
      [
        'redis+cluster://a:7000,b,[::1]:7001',
        {
          ...{ kind: 'cluster', tls: false, username: undefined, password: undefined, shown: 'a:7000,b,[::1]:7001' },
          hosts: [
            { host: 'a', port: 7000 },
            { host: 'b', port: 6379 },
            { host: '::1', port: 7001 },
          ],
        },
      ],
      [
        'rediss+sentinel://u:p%40s@a,b:26380/mymaster?sentinel_password=s%2Fp',
        {
          ...{ kind: 'sentinel', master: 'mymaster', sentinelPassword: 's/p' },
          ...{ tls: true, username: 'u', password: 'p@s', shown: 'a,b:26380' },
          hosts: [
            { host: 'a', port: 26_379 },
            { host: 'b', port: 26_380 },
          ],
        },
      ],
    ],
    bad: [
      ...[
        'r:6379',
        'http://r',
        'redis+cluster://',
        'redis+cluster://a:b',
        'redis+cluster://a:70000',
        'redis+other://a',
      ],
      ...['redis+cluster://a/name', 'redis+sentinel://a:1', 'redis+sentinel://%zz@a/m', 'redis+sentinel://a/m?x=y'],
      ...['redis+sentinel://a/m?sentinel_password=a+b', 'redis+sentinel://a/m?sentinel_password='],
      ...['redis+cluster://a,', 'redis+cluster://a:0', 'redis+cluster://-', 'redis+cluster://a?x=y'],
      ...[
        'redis://',
        'redis://:6379',
        'redis:r:6379',
        'redis:///1',
        'redis://r/one',
        'redis://r/1/2',
        'redis://r?db=1',
      ],
      ...['redis://r#1', 'redis://u:p%zz@r', 'redis://u:1/2@r', 'redis://u:1#2@r', 'redis://r:0', 'redis://a,b'],
      ...['rediss://r?ssl_cert_reqs=none', 'redis://r?tls=true', 'unix:/run/redis.sock'],
    ],
  },
  CORS_ORIGINS: {
    at: ({ corsOrigins }) => corsOrigins,
    fallback: [],
    good: [
      ['https://a.example, http://b.example:81', ['https://a.example', 'http://b.example:81']],
      ['https://A.example:443,http://a.example:80', ['https://a.example', 'http://a.example']],
      ['capacitor://localhost,tauri://localhost,app://.', ['capacitor://localhost', 'tauri://localhost', 'app://.']],
    ],
    bad: [
      ...['*', 'https://*', 'https://*.example', 'a.example', 'https://a.example/', 'https://a.example/chat', 'null'],
      ...['file://', 'file://a', 'wss://a.example', 'https://a.example:0', ',https://a.example', 'https://a.example#a'],
      ...[
        'https://',
        'https://a,,https://b',
        '"https://a.example"',
        'https://a.example,',
        'https://a.example:99999',
        'https://u@a.example',
        'a b://c',
      ],
    ],
  },
  PUBLIC_URL: {
    at: ({ publicOrigins }) => publicOrigins,
    fallback: [],
    good: [
      ['https://chat.example.com', ['https://chat.example.com']],
      ['https://Chat.example.com:443/, http://10.0.0.1:8080', ['https://chat.example.com', 'http://10.0.0.1:8080']],
    ],
    bad: [
      ...['*', 'chat.example.com', 'https://chat.example.com/chat', 'capacitor://localhost', 'null', 'https://a,b'],
      ...['https://a?b', 'https://a//', 'https://u:p@a', 'https://a:0', 'https://a,', 'wss://a'],
    ],
  },
  COOKIE_SAMESITE: {
    at: ({ cookie }) => cookie.sameSite,
    given: { COOKIE_SECURE: 'on' },
    fallback: 'lax',
    good: [
      ['strict', 'strict'],
      ['Lax', 'lax'],
      ['none', 'none'],
    ],
    bad: ['maybe', 'lax,strict'],
  },
  COOKIE_SECURE: {
    at: ({ cookie }) => cookie.secure,
    fallback: false,
    good: [
      ['on', true],
      ['true', true],
      ['On', true],
      ['off', false],
      ['0', false],
    ],
    bad: ['maybe', '2'],
  },
  LEGACY_FIELDS: {
    at: ({ legacyFields }) => legacyFields,
    fallback: false,
    good: [
      ['on', true],
      ['off', false],
    ],
    bad: ['maybe', 'go', '2'],
  },
  TRUST_PROXY: {
    at: ({ trustedProxies }) => trustedProxies,
    fallback: 0,
    good: [['2', 2]],
    bad: ['yes', 'true', '-1', '17', 'loopback', '10.0.0.1', '10.0.0.0/8', '1,2'],
  },
  METRICS_ADDR: {
    at: ({ operators }) => operators,
    fallback: undefined,
    good: [
      [':9464', { host: undefined, port: 9464 }],
      ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ],
    bad: ['9464', 'localhost', ':70000', '/metrics', '300.1.1.1:80'],
  },
  LOG_LEVEL: {
    at: ({ logLevel }) => logLevel,
    fallback: 'info',
    good: [
      ['warn', 'warn'],
      ['INFO', 'info'],
    ],
    bad: ['loud', '30', 'warning', 'info,debug'],
  },
  RATE_LIMITS: { at: ({ limits }) => limits.enabled, fallback: true, good: [['off', false]], bad: ['some'] },
  RATE_OTP_ADDRESS: rate(({ limits }) => limits.otpAddress, 3, 600),
  RATE_OTP_ADDRESS_DAILY: rate(({ limits }) => limits.otpAddressDaily, 10, 86_400),
  RATE_OTP_TOTAL: rate(({ limits }) => limits.otpTotal, 10, 600),
  RATE_OTP_TOTAL_DAILY: rate(({ limits }) => limits.otpTotalDaily, 20, 86_400),
  RATE_WRONG_CODES: rate(({ limits }) => limits.wrongCodes, 1_000, 600),
  RATE_WRONG_CODES_ORIGIN: rate(({ limits }) => limits.wrongCodesOrigin, 30, 600),
  RATE_LOGINS: rate(({ limits }) => limits.logins, 60, 900),
  RATE_SIGNUP_ORIGIN: rate(({ limits }) => limits.signupOrigin, 60, 60),
  RATE_LOGIN_ACCOUNT: rate(({ limits }) => limits.loginAccount, 5, 900),
  RATE_LOGIN_ORIGIN: rate(({ limits }) => limits.loginOrigin, 50, 900),
  RATE_SENDS: rate(({ limits }) => limits.send, 20, 1),
  RATE_SENDS_BURST: { at: ({ limits }) => limits.sendBurst, fallback: 60, good: [['5', 5]], bad: ['0', 'all'] },
  RATE_OPERATIONS: rate(({ limits }) => limits.operation, 50, 1),
  RATE_ADDED: rate(({ limits }) => limits.added, 120, 60),
  MAX_CONNECTIONS_PER_USER: {
    at: ({ limits }) => limits.connectionsPerUser,
    fallback: 20,
    good: [['1', 1]],
    bad: ['0', 'two'],
  },
  HEARTBEAT_SEC: seconds(({ times }) => times.pingEveryMs, 25, 601),
  HEARTBEAT_TIMEOUT_SEC: seconds(({ times }) => times.pongWithinMs, 20, 601),
  LOGIN_TIMEOUT_SEC: seconds(({ times }) => times.loginWithinMs, 10, 61),
  TYPING_SEC: seconds(({ times }) => times.typingMs, 6, 61),
  PRESENCE_GRACE_SEC: {
    at: ({ times }) => times.presenceGraceMs,
    fallback: 1_000,
    good: [['0', 0]],
    bad: ['61', '-1', '1.5'],
  },
  NODE_LEASE_SEC: {
    at: ({ times }) => times.nodeLeaseMs,
    fallback: 8_000,
    good: [['2', 2_000]],
    bad: ['1', '61', '2.5'],
  },
  DATABASE_TIMEOUT_SEC: {
    at: ({ times }) => times.databaseSilentMs,
    fallback: 8_000,
    good: [['4', 4_000]],
    bad: ['3', '10', '4.5'],
  },
};
