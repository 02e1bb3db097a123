import { expect } from 'chai';
import { ConfigError, readConfig, variableNames } from '../../src/config/config.ts';
import { CASES, SECRET } from './cases.ts';

/** No file is written if the secret is given. */
const read = (env: Record<string, string> = {}) => readConfig({ JWT_SECRET: SECRET, ...env });

describe('An environment variable', () => {
  it('has cases in this test', () => {
    expect(Object.keys(CASES)).to.have.members(variableNames);
  });

  for (const [name, { at, given = {}, alone = given, fallback, good, bad }] of Object.entries(CASES)) {
    it(`${name} has its default, accepts valid values and refuses others by name`, () => {
      expect([good.length, bad.length], 'valid values, and invalid ones').not.to.include(0);
      expect(at(read(alone)), 'unset').to.deep.equal(fallback);
      if (name !== 'JWT_SECRET') expect(at(read({ ...alone, [name]: ' ' })), 'blank').to.deep.equal(fallback);
      for (const [text, value] of good) expect(at(read({ ...given, [name]: text })), text).to.deep.equal(value);
      for (const text of bad) {
        expect(() => read({ ...given, [name]: text }), text).to.throw(
          ConfigError,
          new RegExp(`^${name} has to be [^\n]+$`),
        );
      }
    });
  }

  it('that is malformed is named together with all other malformed ones', () => {
    const malformed = Object.entries(CASES).flatMap(([name, { bad }]) =>
      bad[0] === undefined ? [] : [[name, bad[0]]],
    );
    const env: Record<string, string> = Object.fromEntries(malformed);
    expect(malformed).to.have.length.above(20);
    let message = '';
    try {
      read(env);
    } catch (error) {
      message = String((error as Error).message);
    }
    const named = message.split('\n').map((line) => line.split(' ')[0]);
    expect(named).to.have.members(Object.keys(env));
  });

  it('is never repeated in a problem, because it may contain a secret', () => {
    const wrong: Record<string, string[]> = {
      DATABASE_URL: ['mysql://u:hunter2@db/chat', 'postgres://u:hunter2@db:port/chat', 'hunter2'],
      SMTP_URL: [
        ...['http://u:hunter2@mx', 'smtp://u:1/hunter2@mx', 'smtp://u:1?hunter2@mx', 'smtp://u:1#hunter2@mx'],
        ...['smtp://u:hunter2%zz@mx', 'smtp://hunter2@mx', 'smtp://mx?requireTLS=hunter2', 'hunter2'],
      ],
      REDIS_URL: [
        ...['http://:hunter2@r', 'redis://u:1/hunter2@r', 'redis://u:1?hunter2@r', 'redis://:hunter2%zz@r', 'hunter2'],
        ...['redis+sentinel://:hunter2@a', 'redis+cluster://:hunter2%zz@a', 'redis+cluster://:1/hunter2@a'],
        ...['redis+sentinel://a/m?sentinel_password=hunter2+', 'redis+sentinel://a/m?password=hunter2'],
      ],
      JWT_SECRET: ['hunter2\u0007'],
      SENDGRID_API_KEY: ['SG. hunter2'],
      MAIL_FROM: ['hunter2'],
    };
    for (const [name, texts] of Object.entries(wrong)) {
      for (const text of texts) {
        const start = () => read({ [name]: text });
        expect(start, text).to.throw(ConfigError, name).with.property('message').not.include('hunter2');
      }
    }
  });

  it('cannot be changed after it was read', () => {
    const config = read();
    expect(() => Object.assign(config, { production: true })).to.throw(TypeError);
  });
});
