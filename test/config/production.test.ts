import { expect } from 'chai';
import { ConfigError, readConfig } from '../../src/config/config.ts';

const GOOD = {
  NODE_ENV: 'production',
  JWT_SECRET: 'x'.repeat(32),
  SMTP_URL: 'smtp://mail.example.com',
};

/** The problems of a start with this environment, one per line. */
function problems(env: Record<string, string | undefined>): string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigError);
    return (error as ConfigError).message.split('\n');
  }
}

describe('In production a start', () => {
  it('succeeds with a secret of 32 bytes and a mail transport, and cookies are secure', () => {
    expect(problems(GOOD)).to.deep.equal([]);
    expect(readConfig(GOOD).production).to.equal(true);
    expect(readConfig(GOOD).cookie).to.deep.equal({ secure: true, sameSite: 'lax' });
    expect(problems({ ...GOOD, JWT_SECRET: 'ü'.repeat(16) }), '32 bytes, not characters').to.deep.equal([]);
  });

  it('warns that browsers drop cookies if no configuration indicates TLS', () => {
    const warnings = (env: Record<string, string>) => readConfig({ ...GOOD, ...env }).warnings;
    expect(warnings({})).to.have.length(1);
    expect(warnings({})[0]).to.include('TRUST_PROXY').and.include('COOKIE_SECURE');
    expect(warnings({ TRUST_PROXY: '1' })).to.deep.equal([]);
    expect(warnings({ PUBLIC_URL: 'https://chat.example.com,http://localhost:8080' })).to.deep.equal([]);
    expect(warnings({ PUBLIC_URL: 'http://chat.localhost:8080,http://127.0.0.1,http://[::1]:8080' })).to.deep.equal([]);
    const plain = warnings({ PUBLIC_URL: 'https://chat.example.com,http://chat.example.com', TRUST_PROXY: '1' });
    expect(plain).to.have.length(1);
    expect(plain[0]).to.include('at http://chat.example.com (PUBLIC_URL)').and.include('COOKIE_SECURE');
    expect(warnings({ COOKIE_SECURE: 'off' })).to.deep.equal([]);
    expect(warnings({ NODE_ENV: 'development', COOKIE_SECURE: 'on' })).to.deep.equal([]);
  });

  for (const [what, secret] of [
    ['no secret', undefined],
    ['an empty secret', ''],
    ['the published secret', 'mangal'],
    ['a secret of 31 bytes', 'x'.repeat(31)],
  ] as const) {
    it(`is refused with ${what}, in one line that does not repeat it`, () => {
      const reported = problems({ ...GOOD, JWT_SECRET: secret });
      expect(reported).to.have.length(1);
      expect(reported[0]).to.include('JWT_SECRET').and.include('32 bytes');
      if (secret) expect(reported[0]).not.to.include(secret);
    });
  }

  it('is refused without a mail transport, in one line that names the options', () => {
    for (const partial of [{}, { SENDGRID_API_KEY: 'SG.key' }, { SENDGRID_FROM: 'chat@example.com' }]) {
      const reported = problems({ ...GOOD, SMTP_URL: undefined, ...partial });
      expect(reported).to.have.length(1);
      expect(reported[0]).to.include('SENDGRID_API_KEY').and.include('SENDGRID_FROM').and.include('SMTP_URL');
    }
  });

  it('is refused with only one of SendGrid’s variables, even if SMTP is configured', () => {
    for (const half of [{ SENDGRID_API_KEY: 'SG.key' }, { SENDGRID_FROM: 'chat@example.com' }]) {
      for (const NODE_ENV of ['production', 'development']) {
        const reported = problems({ ...GOOD, ...half, NODE_ENV });
        expect(reported).to.have.length(1);
        expect(reported[0])
          .to.include(`${Object.keys(half)[0]} is set and SENDGRID_`)
          .and.include('SMTP_URL');
      }
    }
  });

  it('names a malformed mail variable once, and does not report it as missing', () => {
    for (const bad of [
      { SMTP_URL: 'mx' },
      { SENDGRID_API_KEY: 'SG.key', SENDGRID_FROM: 'chat', SMTP_URL: undefined },
    ]) {
      expect(problems({ ...GOOD, ...bad })).to.have.length(1);
    }
  });

  it('is refused with a hash cost below 10', () => {
    expect(problems({ ...GOOD, BCRYPT_COST: '9' })).to.deep.equal(['BCRYPT_COST has to be at least 10 in production']);
    expect(problems({ ...GOOD, BCRYPT_COST: '10' })).to.deep.equal([]);
  });

  it('reports all problems at once', () => {
    const reported = problems({ NODE_ENV: 'production', OTP_DIGITS: 'six' });
    expect(reported).to.have.length(3);
    expect(reported.join('\n')).to.include('OTP_DIGITS').and.include('JWT_SECRET').and.include('mail');
  });
});

describe('The operator’s pages', () => {
  const reported = (HTTP_ADDR: string, METRICS_ADDR: string) => problems({ ...GOOD, HTTP_ADDR, METRICS_ADDR });

  it('require an address that differs from the server’s', () => {
    for (const [one, other] of [
      [':8080', ':8080'],
      ['127.0.0.1:8080', '127.0.0.1:8080'],
      ['0.0.0.0:8080', '127.0.0.1:8080'],
      ['[::1]:8080', ':8080'],
    ] as const) {
      expect(reported(one, other)).to.have.length(1);
      expect(reported(one, other)[0]).to.match(/^METRICS_ADDR has to be .*HTTP_ADDR/);
    }
    expect(reported(':8080', ':9464')).to.deep.equal([]);
    expect(reported('127.0.0.1:8080', '127.0.0.2:8080')).to.deep.equal([]);
    expect(reported('127.0.0.1:0', '127.0.0.1:0')).to.deep.equal([]);
  });
});

describe('A cookie for other sites (COOKIE_SAMESITE=none)', () => {
  const development = { JWT_SECRET: 'anything', COOKIE_SAMESITE: 'none' };

  it('requires COOKIE_SECURE', () => {
    for (const env of [development, { ...GOOD, COOKIE_SAMESITE: 'none', COOKIE_SECURE: 'off' }]) {
      expect(problems(env)).to.deep.equal(['COOKIE_SAMESITE=none needs COOKIE_SECURE=on']);
    }
  });

  it('causes a warning if no other site is allowed', () => {
    const { warnings } = readConfig({ ...development, COOKIE_SECURE: 'on' });
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include('COOKIE_SAMESITE=none').and.include('CORS_ORIGINS');
    const used = { ...development, COOKIE_SECURE: 'on', CORS_ORIGINS: 'https://a.example' };
    expect(readConfig(used).warnings).to.deep.equal([]);
  });

  it('is accepted with COOKIE_SECURE, which is the default in production', () => {
    expect(problems({ ...development, COOKIE_SECURE: 'on' })).to.deep.equal([]);
    expect(problems({ ...GOOD, COOKIE_SAMESITE: 'none' })).to.deep.equal([]);
  });
});
