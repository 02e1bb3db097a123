import { expect } from 'chai';
import { StaleReads } from '../../src/delivery/stale-reads.ts';
import { ChatError } from '../../src/operation/errors.ts';
import { accepted, groupOf, onEachServer, privateOf, send } from '../contract/fixture.ts';
import type { Answer } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { IS_SOAK } from '../support/soak.ts';

const ATTACKERS = 8;
const LOOKS = IS_SOAK ? 5 : 2;
const AT_ONCE = 5;

/** Repeatedly adds a user to a group and removes them until stopped. */
async function addAndRemove(admin: Person, { id: user_id }: Person, attack: { goesOn: boolean }): Promise<number> {
  const member = { conversation_id: await groupOf(admin), user_id };
  const client = await admin.raw();
  let times = 0;
  while (attack.goesOn) {
    const answers = Array.from({ length: AT_ONCE }, () => [
      client.ask('add_participant', member),
      client.ask('remove_participant', member),
    ]);
    for (const answer of await Promise.all(answers.flat())) accepted(answer);
    times += AT_ONCE;
  }
  return times;
}

onEachServer('A user who is endlessly added to groups and removed', (app) => {
  it('can use all other conversations', async function () {
    this.timeout(120_000);
    const [victim, friend] = await app().people('victim', 'friend');
    const attackers = await Promise.all(Array.from({ length: ATTACKERS }, () => app().person('attacker')));
    const chat = await privateOf(victim, friend);
    const attack = { goesOn: true };
    const attacks = attackers.map((attacker) => addAndRemove(attacker, victim, attack));
    const client = await victim.raw();
    for (let look = 0; look < LOOKS; look += 1) {
      const { message_id, seq } = await send(friend, chat);
      const named = accepted(await client.ask('sync', { conversations: { [chat]: seq - 1 } }));
      expect(named.conversations[chat].messages.map(({ id }: Answer) => id)).to.deep.equal([message_id]);
      const all = accepted(await victim.rest.ask('sync'));
      expect(all.new_conversations.map(({ conversation_id }: Answer) => conversation_id)).to.include(chat);
      const { conversations } = accepted(await client.ask('list_conversations'));
      expect(conversations.map(({ conversation_id }: Answer) => conversation_id)).to.include(chat);
      expect(accepted(await client.ask('list_messages', { conversation_id: chat })).messages).to.have.length(look + 1);
      accepted(await client.ask('list_participants', { conversation_id: chat }));
    }
    attack.goesOn = false;
    for (const times of await Promise.all(attacks)) expect(times, 'number of attempts').to.be.above(1);
  });
});

describe('A query of a user who is removed from a conversation during each attempt', () => {
  const [user, quiet, noisy] = [1, 10, 11];
  let staleReads: StaleReads;
  let tries: number;
  beforeEach(() => {
    staleReads = new StaleReads();
    tries = 0;
  });

  /** Queries these conversations, while the user is removed from the noisy one. */
  const read =
    (...conversations: number[]) =>
    async () => {
      tries += 1;
      await new Promise(setImmediate);
      staleReads.removed(user, noisy);
      return conversations;
    };
  const all = (answer: number[]) => answer;

  it('is answered at once if its result does not contain that conversation', async () => {
    expect(await staleReads.rereadIfRemoved(user, read(quiet), { conversations: all })).to.deep.equal([quiet]);
    expect(tries).to.equal(1);
  });

  it('is answered without that conversation if its result contains others too', async () => {
    const omit = (answer: number[], left: ReadonlySet<number>) => answer.filter((id) => !left.has(id));
    const several = { conversations: all, omit };
    expect(await staleReads.rereadIfRemoved(user, read(quiet, noisy), several)).to.deep.equal([quiet]);
    expect(tries).to.be.within(2, 5);
  });

  it('is finally refused if its result contains only that conversation', async () => {
    const error = await staleReads.rereadIfRemoved(user, read(noisy), { conversations: all }).catch((thrown) => thrown);
    expect(error).to.be.instanceOf(ChatError).and.include({ code: 'busy' });
  });
});
