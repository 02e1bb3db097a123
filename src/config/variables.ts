import type { Environment, Variable } from './definition.ts';
import { accounts, mail } from './variables/accounts.ts';
import { limits } from './variables/limits.ts';
import { browsers, server } from './variables/server.ts';
import { storage } from './variables/storage.ts';
import { times } from './variables/times.ts';

/** All variables that the server reads. The documents are generated from them. */
export const VARIABLES = { ...server, ...storage, ...accounts, ...mail, ...browsers, ...limits, ...times };

/** The variables as they are grouped in the documents. */
export const GROUPS: Readonly<Record<string, Readonly<Record<string, Variable<unknown>>>>> = {
  'The server': server,
  'Database and Redis': storage,
  'Accounts and passwords': accounts,
  Mail: mail,
  'Browsers and cookies': browsers,
  'Rate limits': limits,
  'Time limits': times,
};

export type Values = { [Name in keyof typeof VARIABLES]: (typeof VARIABLES)[Name]['fallback'] };

export const variableNames: readonly string[] = Object.keys(VARIABLES);

/** Parses all variables. An unset or empty one takes its default; an invalid one is added to `problems`. */
export function parse(env: Environment, problems: string[]): Values {
  const entries = Object.entries(VARIABLES).map(([name, variable]) => {
    const given = env[name]?.trim();
    if (given === undefined || given === '') return [name, variable.fallback];
    try {
      return [name, variable.read(given)];
    } catch (expected) {
      problems.push(`${name} has to be ${expected}`);
      return [name, variable.fallback];
    }
  });
  return Object.fromEntries(entries) as Values; // fromEntries loses the type of each key
}
