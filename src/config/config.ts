import { checkConflicts } from './conflicts.ts';
import { type DatabaseConfig, databaseOf } from './database-url.ts';
import { ConfigError, type Environment } from './definition.ts';
import { readEnvironment } from './environment.ts';
import { jwtSecretOf } from './jwt-secret.ts';
import { mailOf } from './mail.ts';
import { warnOfPlainHttp } from './plain-http.ts';
import { parse } from './variables.ts';

export { ConfigError } from './definition.ts';
export { readEnvironment } from './environment.ts';
export { variableNames } from './variables.ts';

const SECOND_MS = 1_000;

export type Config = ReturnType<typeof readConfig>;

/**
 * Reads the configuration of this process from the environment and `.env`.
 * @throws ConfigError
 */
export function loadConfig(): Config {
  const { variables, warnings } = readEnvironment();
  return readConfig(variables, warnings);
}

/**
 * Parses the environment into a frozen, typed object.
 * @param remarks warnings about the environment, which may explain a problem
 * @throws ConfigError whose message lists all invalid variables at once
 */
export function readConfig(env: Environment, remarks: readonly string[] = []) {
  const problems: string[] = [];
  const warnings = [...remarks];
  const value = parse(env, problems);
  const production = value.NODE_ENV === 'production';
  const secure = value.COOKIE_SECURE ?? production;
  const database = databaseOf(value.DATABASE_URL, problems, value.DATABASE_CREATE);
  const mail = mailOf(value, production, problems);
  const jwtSecret = jwtSecretOf(value.JWT_SECRET, production, database, { problems, warnings });
  checkConflicts(value, { production, secure }, { problems, warnings });
  if (production && secure) warnOfPlainHttp(value, warnings);
  if (problems.length > 0) throw new ConfigError([...problems, ...remarks]);
  return Object.freeze({
    production,
    /** Possible mistakes that do not prevent the start, one line each. */
    warnings: Object.freeze(warnings),
    http: value.HTTP_ADDR,
    database,
    mail,
    redis: value.REDIS_URL,
    tokens: { secret: jwtSecret, ttlMinutes: value.JWT_TTL_MIN, maxDays: value.SESSION_MAX_DAYS },
    cookie: { secure, sameSite: value.COOKIE_SAMESITE },
    passwords: { cost: value.BCRYPT_COST },
    otp: { digits: value.OTP_DIGITS, ttlSec: value.OTP_TTL_SEC },
    publicOrigins: value.PUBLIC_URL ?? [],
    corsOrigins: value.CORS_ORIGINS ?? [],
    legacyFields: value.LEGACY_FIELDS,
    trustedProxies: value.TRUST_PROXY,
    operators: value.METRICS_ADDR,
    logLevel: value.LOG_LEVEL,
    times: {
      pingEveryMs: value.HEARTBEAT_SEC * SECOND_MS,
      pongWithinMs: value.HEARTBEAT_TIMEOUT_SEC * SECOND_MS,
      loginWithinMs: value.LOGIN_TIMEOUT_SEC * SECOND_MS,
      typingMs: value.TYPING_SEC * SECOND_MS,
      presenceGraceMs: value.PRESENCE_GRACE_SEC * SECOND_MS,
      nodeLeaseMs: value.NODE_LEASE_SEC * SECOND_MS,
      databaseSilentMs: value.DATABASE_TIMEOUT_SEC * SECOND_MS,
    },
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

/**
 * Reads only the database, for the command line of the migrations; creates no files.
 * @throws ConfigError
 */
export function readDatabaseConfig({ DATABASE_URL, DATABASE_CREATE }: Environment): DatabaseConfig {
  const problems: string[] = [];
  const value = parse({ DATABASE_URL, DATABASE_CREATE }, problems);
  const database = databaseOf(value.DATABASE_URL, problems, value.DATABASE_CREATE);
  if (problems.length > 0) throw new ConfigError(problems);
  return database;
}
