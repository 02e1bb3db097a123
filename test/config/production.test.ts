import { expect } from 'chai';
import { ConfigError, readConfig } from '../../src/config.ts';

const GOOD = {
  NODE_ENV: 'production',
  JWT_SECRET: 'x'.repeat(32),
  SMTP_URL: 'smtp://mail.example.com',
};

/** What a start with this environment is refused with, a line each. */
function problems(env: Record<string, string | undefined>): string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigError);
    return (error as ConfigError).message.split('\n');
  }
}

describe('In production the start', () => {
  it('is allowed with a secret of 32 bytes and a way to send mail, and cookies are secure', () => {
    expect(problems(GOOD)).to.deep.equal([]);
    expect(readConfig(GOOD).production).to.equal(true);
    expect(readConfig(GOOD).cookie).to.deep.equal({ secure: true, sameSite: 'lax' });
    expect(problems({ ...GOOD, JWT_SECRET: 'ü'.repeat(16) }), '32 bytes, not characters').to.deep.equal([]);
  });

  it('warns that logins will not be kept where nothing says that there is TLS in front', () => {
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
      const told = problems({ ...GOOD, JWT_SECRET: secret });
      expect(told).to.have.length(1);
      expect(told[0]).to.include('JWT_SECRET').and.include('32 bytes');
      if (secret) expect(told[0]).not.to.include(secret);
    });
  }

  it('is refused without a way to send mail, in one line that names the ways', () => {
    for (const partial of [{}, { SENDGRID_API_KEY: 'SG.key' }, { SENDGRID_FROM: 'chat@example.com' }]) {
      const told = problems({ ...GOOD, SMTP_URL: undefined, ...partial });
      expect(told).to.have.length(1);
      expect(told[0]).to.include('SENDGRID_API_KEY').and.include('SENDGRID_FROM').and.include('SMTP_URL');
    }
  });

  it('is refused with passwords hashed at a cost below 10', () => {
    expect(problems({ ...GOOD, BCRYPT_COST: '9' })).to.deep.equal(['BCRYPT_COST has to be at least 10 in production']);
    expect(problems({ ...GOOD, BCRYPT_COST: '10' })).to.deep.equal([]);
  });

  it('is refused for everything that is wrong at once', () => {
    const told = problems({ NODE_ENV: 'production', OTP_DIGITS: 'six' });
    expect(told).to.have.length(3);
    expect(told.join('\n')).to.include('OTP_DIGITS').and.include('JWT_SECRET').and.include('mail');
  });
});

describe('A cookie for other sites (COOKIE_SAMESITE=none)', () => {
  const development = { JWT_SECRET: 'anything', COOKIE_SAMESITE: 'none' };

  it('needs COOKIE_SECURE', () => {
    for (const env of [development, { ...GOOD, COOKIE_SAMESITE: 'none', COOKIE_SECURE: 'off' }]) {
      expect(problems(env)).to.deep.equal(['COOKIE_SAMESITE=none needs COOKIE_SECURE=on']);
    }
  });

  it('is fine with COOKIE_SECURE, which production switches on by itself', () => {
    expect(problems({ ...development, COOKIE_SECURE: 'on' })).to.deep.equal([]);
    expect(problems({ ...GOOD, COOKIE_SAMESITE: 'none' })).to.deep.equal([]);
  });
});
