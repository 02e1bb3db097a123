import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { databaseOf, jwtSecretOf, mailOf, warnOfPlainHttp } from './config-parts.ts';
import { ConfigError, type Environment, parse, VARIABLES } from './config-variables.ts';

export { ConfigError } from './config-variables.ts';

/** With fewer rounds a stolen hash is guessed at too quickly. */
const LEAST_COST = 10;

export type Config = ReturnType<typeof readConfig>;

/** Reads `.env` beside the current folder, if there is one; the real environment wins over it. */
export function environment(): Environment {
  const file = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
  return { ...file, ...process.env };
}

/**
 * Turns the environment into one frozen, typed object.
 * @throws ConfigError with every bad variable in its message, so that one start is enough to see them all
 */
export function readConfig(env: Environment) {
  const problems: string[] = [];
  const warnings: string[] = [];
  const value = parse(env, problems);
  const production = value.NODE_ENV === 'production';
  const secure = value.COOKIE_SECURE ?? production;
  if (value.COOKIE_SAMESITE === 'none' && !secure) problems.push('COOKIE_SAMESITE=none needs COOKIE_SECURE=on');
  const database = databaseOf(value.DATABASE_URL, problems);
  const mail = mailOf(value, production, problems);
  const jwtSecret = jwtSecretOf(value.JWT_SECRET, production, database, { problems, warnings });
  if (production && value.BCRYPT_COST < LEAST_COST)
    problems.push(`BCRYPT_COST has to be at least ${LEAST_COST} in production`);
  if (production && secure) warnOfPlainHttp(value, warnings);
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze({
    production,
    /** What may be a mistake, and does not keep the server from starting: a line each. */
    warnings: Object.freeze(warnings),
    http: value.HTTP_ADDR,
    database,
    mail,
    redis: value.REDIS_URL,
    tokens: { secret: jwtSecret, ttlMinutes: value.JWT_TTL_MIN },
    cookie: { secure, sameSite: value.COOKIE_SAMESITE },
    passwords: { cost: value.BCRYPT_COST },
    otp: { digits: value.OTP_DIGITS, ttlSec: value.OTP_TTL_SEC },
    publicOrigins: value.PUBLIC_URL,
    corsOrigins: value.CORS_ORIGINS,
    trustedProxies: value.TRUST_PROXY,
    operators: value.METRICS_ADDR,
    logLevel: value.LOG_LEVEL,
    limits: {
      enabled: value.RATE_LIMITS,
      otpAddress: value.RATE_OTP_ADDRESS,
      otpAddressDaily: value.RATE_OTP_ADDRESS_DAILY,
      otpTotal: value.RATE_OTP_TOTAL,
      otpTotalDaily: value.RATE_OTP_TOTAL_DAILY,
      wrongCodes: value.RATE_WRONG_CODES,
      wrongCodesOrigin: value.RATE_WRONG_CODES_ORIGIN,
      signupOrigin: value.RATE_SIGNUP_ORIGIN,
      logins: value.RATE_LOGINS,
      loginAccount: value.RATE_LOGIN_ACCOUNT,
      loginOrigin: value.RATE_LOGIN_ORIGIN,
      send: value.RATE_SENDS,
      sendBurst: value.RATE_SENDS_BURST,
      operation: value.RATE_OPERATIONS,
      added: value.RATE_ADDED,
      connectionsPerUser: value.MAX_CONNECTIONS_PER_USER,
    },
  });
}

/** The names of all variables, for the documentation's test. */
export const variableNames = Object.keys(VARIABLES);
