import { expect } from 'chai';
import { PASSWORD, wrong } from '../accounts/requests.ts';
import { type Program, startProgram } from '../config/program.ts';
import { refusal, upgrade } from '../realtime/connecting.ts';
import { freshEnvironment } from '../support/app.ts';
import { rest } from '../support/clients.ts';
import { codeIn, People, type Person, post } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';

type Line = Record<string, unknown> & { event: string; level: number };
const [INFO, WARN, ERROR] = [30, 40, 50];
const HOME = '127.0.0.1';
const STRANGER = '203.0.113.66';
const LIMITS = { RATE_LIMITS: 'on', RATE_WRONG_CODES: '3/600', RATE_OTP_ADDRESS: '20/600', RATE_OPERATIONS: '20/1' };

describe('The log of security events', () => {
  let environment: Awaited<ReturnType<typeof freshEnvironment>>;
  let folder: string;
  let program: Program;
  let people: People;
  before(async function () {
    this.timeout(120_000);
    folder = makeTemporaryFolder('security-log');
    environment = await freshEnvironment('sqlite', { LOG_LEVEL: 'info', TRUST_PROXY: '1', ...LIMITS });
    program = await startProgram(folder, environment.env);
    people = new People(program.url, environment.smtp);
  });
  after(async () => {
    people.closeClients();
    await program.stop();
    await environment.remove();
    removeTemporaryFolder(folder);
  });

  const linesOf = (event: string): Line[] =>
    program
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .filter((line) => line.event === event);

  /** The lines of an event that came during some work; there has to be one. */
  async function lines(event: string, doing: () => Promise<unknown>): Promise<[Line, ...Line[]]> {
    const before = linesOf(event).length;
    await doing();
    for (;;) {
      const [first, ...more] = linesOf(event).slice(before);
      if (first !== undefined) return [first, ...more];
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  const call = (path: string, body: object, address = HOME, id?: string) =>
    post(`${program.url}/api/${path}`, body, { 'x-forwarded-for': address, ...(id && { 'x-request-id': id }) });
  const logIn = ({ username }: Pick<Person, 'username'>, password = PASSWORD, address = HOME, id?: string) =>
    call('login', { username, password }, address, id);

  it('has a line for a sign-up and for a login, with the user, the address and the request', async () => {
    let alice: Person | undefined;
    const [signup] = await lines('signup', async () => {
      alice = await people.signUp('alice');
    });
    expect(signup).to.include({ level: INFO, user: alice?.id, address: HOME }).and.have.property('request');
    const [login] = await lines('login', () => logIn(alice as Person, PASSWORD, STRANGER, 'login-1'));
    expect(login).to.include({ level: INFO, user: alice?.id, address: STRANGER, request: 'login-1' });
  });

  it('has one for each wrong password, and one for the lockout regardless of further attempts', async () => {
    const bob = await people.signUp('bob');
    const before = linesOf('login_failed').length;
    const [limited, ...more] = await lines('login_limited', async () => {
      for (let round = 0; round < 9; round += 1) await logIn(bob, 'wrong password', STRANGER);
    });
    expect(limited).to.include({ level: WARN, user: bob.id, address: STRANGER });
    expect(more).to.deep.equal([]);
    const failed = linesOf('login_failed').slice(before);
    expect(failed).to.have.length(5);
    expect(failed[0]).to.include({ level: WARN, user: bob.id, address: STRANGER });
    const reached = linesOf('limit_reached').filter(({ limit }) => limit === 'loginAccount');
    expect(reached).to.have.length(1);
    expect(reached[0]?.key, 'nothing that identifies the account').to.match(/^[0-9a-f]{12}$/);
  });

  it('has one for a requested reset, one for a wrong code, and one for the new password', async () => {
    const { id, email } = await people.signUp('carol');
    const [asked] = await lines('reset_asked', () => call('forgot/initiate', { email }, HOME, 'asked-1'));
    expect(asked).to.include({ level: INFO, user: id, address: HOME, request: 'asked-1' });
    const otp = codeIn((await environment.smtp.next(email)).text);
    const reset = { email, new_password: 'AnotherPassword1' };
    const [mistyped] = await lines('code_wrong', () => call('forgot/reset', { ...reset, otp: wrong(otp) }));
    expect(mistyped).to.include({ level: WARN, address: HOME });
    const [done] = await lines('reset_done', () => call('forgot/reset', { ...reset, otp }));
    expect(done).to.include({ level: INFO, user: id, address: HOME });
  });

  it('has one alarm if codes are tried on many accounts', async () => {
    const [alarm, ...more] = await lines('codes_sprayed', async () => {
      for (let count = 0; count < 8; count += 1) {
        const email = `nobody${count}@example.com`;
        await call('forgot/reset', { email, otp: '123456', new_password: 'AnotherPassword1' }, STRANGER);
      }
    });
    expect(alarm.level).to.equal(ERROR);
    expect(more).to.deep.equal([]);
  });

  it('has one for a logout, and one a minute per origin whose session is refused, on all transports', async () => {
    const dora = await people.signUp('dora');
    const [logout] = await lines('logout', () => dora.rest.ask('logout'));
    expect(logout).to.include({ level: INFO, user: dora.id, address: HOME });
    const [refused, ...more] = await lines('session_refused', async () => {
      for (let round = 0; round < 3; round += 1) await dora.rest.ask('me');
      await refusal(program.url, '/chat', { token: dora.token });
      await upgrade(program.url, `/api/ws?token=${dora.token}`);
    });
    expect(refused).to.include({ level: INFO, address: HOME });
    expect(more).to.deep.equal([]);
    await rest(program.url, undefined).ask('me');
    expect(linesOf('session_refused'), 'a request without a token is not a refused session').to.have.length(1);
  });

  it('has one for each member that is added or removed, also over a socket', async () => {
    const [erik, fred] = [await people.signUp('erik'), await people.signUp('fred')];
    const { conversation_id } = await erik.rest.ask('create_group', { name: 'Chess', member_ids: [] });
    const member = { conversation_id, user_id: fred.id };
    const fields = { user: erik.id, conversation: conversation_id, member: fred.id, address: HOME };
    const [added] = await lines('member_added', () => erik.rest.ask('add_participant', member));
    expect(added).to.include({ level: INFO, ...fields });
    const socket = await erik.socketio();
    const [removed] = await lines('member_removed', () => socket.ask('remove_participant', member));
    expect(removed).to.include({ level: INFO, ...fields });
  });

  it('has one when a user first reaches a limit, and no more while the limit lasts', async () => {
    const gina = await people.signUp('gina');
    const [reached, ...more] = await lines('limit_reached', () =>
      Promise.all(Array.from({ length: 60 }, () => gina.rest.ask('me'))),
    );
    expect(reached).to.include({ level: WARN, limit: 'operation', key: String(gina.id) });
    expect(more).to.deep.equal([]);
  });

  it('contains no secret, no e-mail address and no name', () => {
    const security = program
      .output()
      .split('\n')
      .filter((line) => line.includes('"event"'));
    expect(security.length, 'need lines to check').to.be.above(15);
    for (const secret of ['@example.com', PASSWORD, 'AnotherPassword1', 'wrong password', 'alice', 'bob1'])
      expect(security.join('\n')).not.to.include(secret);
  });
});
