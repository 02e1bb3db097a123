import { expect } from 'chai';
import { sql } from 'kysely';
import { OneTimeCodes } from '../../src/accounts/one-time-codes.ts';
import { Tokens } from '../../src/accounts/tokens.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import { ask, withDatabase } from '../accounts/requests.ts';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { rest } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { IS_SOAK } from '../support/soak.ts';

const ROUNDS = IS_SOAK ? 20 : 6;
/** Enough that one of them is between its comparison and its session whenever the password changes. */
const LOGINS_AT_ONCE = 6;

onEachDatabase('A stolen old password', (kind) => {
  let app: TestApp;
  before(async () => {
    app = await startApp(kind, { BCRYPT_COST: '6' });
  });
  after(() => app.stop());

  /** Logs in with the old password continuously until stopped; returns the tokens. */
  function logInRepeatedly({ username, password }: Person) {
    let stopped = false;
    const tokens: string[] = [];
    const loop = async () => {
      while (!stopped) {
        const { headers } = await ask(app, 'login', { username, password });
        const cookie = headers.getSetCookie().find((each) => each.startsWith('token='));
        if (cookie !== undefined) tokens.push(cookie.slice('token='.length).split(';')[0] ?? '');
      }
    };
    const loops = Promise.all(Array.from({ length: LOGINS_AT_ONCE }, loop));
    const stop = async () => {
      stopped = true;
      await loops;
      return tokens;
    };
    return { stop, tokens };
  }

  async function resetPassword(database: Database, { email }: Person): Promise<void> {
    const { tokens, otp: options } = readConfig(app.env);
    const codes = new OneTimeCodes(database, new Tokens(tokens.secret), options);
    const { code: otp } = await codes.issue({ purpose: 'reset', emailKey: email }, email);
    const answer = await ask(app, 'forgot/reset', { email, otp, new_password: 'AnotherPassword1' });
    expect(answer.status).to.equal(200);
  }

  it(`opens no session that survives a password reset, in any of ${ROUNDS} attempts`, async () => {
    await withDatabase(app, async (database) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const victim = await app.person('victim');
        const attacker = logInRepeatedly(victim);
        while (attacker.tokens.length === 0) await rest(app.url, victim.token).ask('me');
        await resetPassword(database, victim);
        const tokens = await attacker.stop();
        const { rows } = await sql`select id from sessions where user_id = ${victim.id}`.execute(database.sql);
        expect(rows, 'remaining sessions').to.deep.equal([]);
        for (const token of tokens.slice(-LOGINS_AT_ONCE)) {
          expect((await rest(app.url, token).ask('me')).status, 'with a token of the old password').to.equal(401);
        }
      }
    });
  }).timeout(120_000);
});
