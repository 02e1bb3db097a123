import { expect } from 'chai';
import { createTransport } from 'nodemailer';
import { smtpUrl } from '../../src/config/smtp-url.ts';
import { readText, rowsOf } from '../docs/markdown.ts';

/** The list of parameters in the problem of an unknown one. */
function known(): string[] {
  try {
    smtpUrl.read('smtp://mx?unknown=1');
  } catch (expected) {
    return /it takes (.*)$/.exec(String(expected))?.[1]?.split(', ') ?? [];
  }
  return [];
}

const accepted = (name: string) =>
  ['true', '5', 'TLSv1.2'].find((value) => {
    try {
      return smtpUrl.read(`smtp://mx?${name}=${value}`) !== '';
    } catch {
      return false;
    }
  }) ?? '';

describe('The parameters of SMTP_URL', () => {
  it('are all passed to nodemailer', () => {
    expect(known()).to.have.length.above(15);
    for (const name of known().filter((each) => each !== 'pool')) {
      const { options } = createTransport({ url: `smtp://mx?${name}=${accepted(name)}`, pool: true });
      const [group, inner] = name.split('.');
      const given: unknown = Reflect.get(options, group ?? '');
      const taken: unknown = inner === undefined ? given : Reflect.get(Object(given), inner);
      expect(String(taken), name).to.equal(accepted(name));
    }
  });

  it('are the documented ones', () => {
    const documented = rowsOf(readText('docs/configuration.md'), 'Parameter', 'Value').flatMap(([names = '']) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    );
    expect(documented).to.have.members(known());
  });
});
