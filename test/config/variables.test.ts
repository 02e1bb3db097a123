import { expect } from 'chai';
import { readConfig, variableNames } from '../../src/config.ts';
import { CASES, SECRET } from './cases.ts';

/** Nothing is kept on the disk when the secret is given. */
const read = (env: Record<string, string> = {}) => readConfig({ JWT_SECRET: SECRET, ...env });

describe('An environment variable', () => {
  it('is tested here, whichever it is', () => {
    expect(Object.keys(CASES)).to.have.members(variableNames);
  });

  for (const [name, { at, given = {}, fallback, good, bad }] of Object.entries(CASES)) {
    it(`${name} has its default, takes what it should and refuses the rest by name`, () => {
      expect(at(read(given)), 'unset').to.deep.equal(fallback);
      if (name !== 'JWT_SECRET') expect(at(read({ ...given, [name]: ' ' })), 'blank').to.deep.equal(fallback);
      for (const [text, value] of good) expect(at(read({ ...given, [name]: text })), text).to.deep.equal(value);
      for (const text of bad) {
        expect(() => read({ ...given, [name]: text }), text).to.throw(new RegExp(`^${name} has to be [^\n]+$`));
      }
    });
  }

  it('that is malformed is named together with all the others that are', () => {
    const malformed = Object.entries(CASES).flatMap(([name, { bad }]) =>
      bad[0] === undefined ? [] : [[name, bad[0]]],
    );
    const env: Record<string, string> = Object.fromEntries(malformed);
    expect(malformed).to.have.length.above(20);
    let told = '';
    try {
      read(env);
    } catch (error) {
      told = String((error as Error).message);
    }
    const named = told.split('\n').map((line) => line.split(' ')[0]);
    expect(named).to.have.members(Object.keys(env));
  });

  it('cannot be changed once it is read', () => {
    const config = read();
    expect(() => Object.assign(config, { production: true })).to.throw(TypeError);
  });
});
