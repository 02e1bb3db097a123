import { expect } from 'chai';
import type { DatabaseKind, TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import { postgresql } from '../support/services.ts';
import { runSql } from '../support/sqlite.ts';
import { accepted, groupOf, membersOf, onEachServer } from './fixture.ts';

const ROUNDS = [1, 2, 3];

/** Makes a user an admin in the database: no operation gives a group a second admin. */
async function promote(kind: DatabaseKind, app: TestApp, conversationId: number, { id }: Person): Promise<void> {
  const url = app.env.DATABASE_URL ?? '';
  const sql = `update participants set is_admin = true where conversation_id = ${conversationId} and user_id = ${id}`;
  if (kind === 'postgresql') return void (await (await postgresql())?.query(url, sql));
  runSql(url, sql);
}

onEachServer('A group keeps an admin', (app, kind) => {
  const removal = (conversation_id: number, by: Person, who: Person) =>
    by.rest.ask('remove_participant', { conversation_id, user_id: who.id });

  /** A group of alice's that bob joined before carol. */
  async function groupInOrder(alice: Person, bob: Person, carol: Person): Promise<number> {
    const conversation_id = await groupOf(alice);
    for (const { id } of [bob, carol]) {
      accepted(await alice.rest.ask('add_participant', { conversation_id, user_id: id }));
      await membersOf(conversation_id, alice); // so that no two join at the same time
    }
    return conversation_id;
  }

  it('when its admin and the next in line leave at once', async () => {
    const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
    for (const leaving of ROUNDS.flatMap(() => [
      [alice, bob],
      [bob, alice],
    ])) {
      const group = await groupInOrder(alice, bob, carol);
      for (const answer of await Promise.all(leaving.map((each) => removal(group, each, each)))) accepted(answer);
      expect(await membersOf(group, carol)).to.deep.equal([[carol.id, true]]);
    }
  });

  it('when its admin leaves and removes the next in line at once', async () => {
    const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
    for (const _ of ROUNDS) {
      const group = await groupInOrder(alice, bob, carol);
      const [left, removed] = await Promise.all([removal(group, alice, alice), removal(group, alice, bob)]);
      accepted(left);
      const remaining = removed.ok
        ? [[carol.id, true]]
        : [
            [bob.id, true],
            [carol.id, false],
          ];
      expect(await membersOf(group, carol)).to.deep.equal(remaining);
    }
  });

  it('when two admins leave at once', async () => {
    const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
    for (const _ of ROUNDS) {
      const group = await groupInOrder(alice, bob, carol);
      await promote(kind, app(), group, bob);
      for (const answer of await Promise.all([removal(group, alice, alice), removal(group, bob, bob)]))
        accepted(answer);
      expect(await membersOf(group, carol)).to.deep.equal([[carol.id, true]]);
    }
  });

  it('when two admins remove each other at once: one of them succeeds', async () => {
    const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
    for (const _ of ROUNDS) {
      const group = await groupInOrder(alice, bob, carol);
      await promote(kind, app(), group, bob);
      const answers = await Promise.all([removal(group, alice, bob), removal(group, bob, alice)]);
      expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 403]);
      const winner = answers[0].ok ? alice : bob;
      expect(await membersOf(group, carol)).to.deep.equal([
        [winner.id, true],
        [carol.id, false],
      ]);
    }
  });
});
