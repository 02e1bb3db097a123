import { lstatSync, readFileSync } from 'node:fs';
import { ConfigError, type Environment } from './definition.ts';
import { type DotEnv, readDotEnv } from './dot-env.ts';
import { remarkOn, similarTo } from './names.ts';
import { variableNames } from './variables.ts';

const FILE = '.env';

type EnvironmentWithWarnings = {
  readonly variables: Environment;
  /** About names that the server does not read, one line each. */
  readonly warnings: readonly string[];
};

/**
 * Reads the environment and, if it exists, `.env` in the current folder; the environment takes precedence.
 * @throws ConfigError that lists all invalid lines of the file
 */
export function readEnvironment(): EnvironmentWithWarnings {
  const file = readFile();
  if (file.problems.length > 0) throw new ConfigError(file.problems);
  const values = Object.fromEntries([...file.variables].map(([name, { value }]) => [name, value]));
  const variables = { ...values, ...process.env };
  return { variables, warnings: [...file.warnings, ...remarksOnFile(file), ...remarksOnEnvironment(variables)] };
}

function readFile(): DotEnv {
  if (lstatSync(FILE, { throwIfNoEntry: false }) === undefined) {
    return { variables: new Map(), problems: [], warnings: [] };
  }
  try {
    return readDotEnv(readFileSync(FILE), FILE);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // from the file system
    throw new ConfigError([`${FILE} exists but cannot be read (${code}): make it readable, or remove it`]);
  }
}

/** Only the server reads this file, so every unknown name in it is a mistake. */
function remarksOnFile({ variables }: DotEnv): string[] {
  const unknown = [...variables].filter(([name]) => !variableNames.includes(name));
  return unknown.map(([name, { line }]) => `${FILE}, line ${line}: ${remarkOn(name) ?? notRead(name)}`);
}

/** Text that does not look like a name may be part of a secret, and is not repeated. */
function notRead(name: string): string {
  return /^(?=.{1,40}$)[A-Z][A-Z0-9]{0,15}(?:_[A-Z0-9]{0,15})*$/.test(name)
    ? `${name} is not read`
    : 'sets a name that is not read';
}

/** Most of the environment is for other programs: warns only of names that resemble a variable that is not set. */
function remarksOnEnvironment(variables: Environment): string[] {
  return Object.keys(process.env).flatMap((name) => {
    if (variableNames.includes(name)) return [];
    const meant = similarTo(name);
    const isSet = meant !== undefined && Boolean(variables[meant]?.trim()) && !/^MMCHAT/i.test(name);
    return isSet ? [] : (remarkOn(name) ?? []);
  });
}
