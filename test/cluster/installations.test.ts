import { expect } from 'chai';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { migratedEnvironment } from '../support/app.ts';
import type { Client } from '../support/clients.ts';
import { People, type Person } from '../support/people.ts';
import type { PostgreSql } from '../support/postgresql.ts';
import type { Redis } from '../support/redis.ts';
import { requirePostgresql, requireRedis } from '../support/services.ts';

type Fresh = Awaited<ReturnType<typeof migratedEnvironment>>;
type Place = { apps: App[]; env: Fresh['env']; people: [Person, Person]; conversation_id: number; listener: Client };

/** Within this time an event would have crossed between the installations. */
const CROSSED_WITHIN_MS = 500;

describe('Two installations on one Redis', function () {
  this.timeout(120_000);
  let postgresql: PostgreSql;
  let redis: Redis;
  const fresh: Fresh[] = [];
  let places: [Place, Place];
  before(async function () {
    [postgresql, redis] = await Promise.all([requirePostgresql(this), requireRedis(this)]);
    // set up alike, so that the ids of users, conversations and sessions are the same in both
    places = [await place('/0', 2), await place('/1', 2)];
  });
  after(async () => {
    for (const { apps, listener } of places ?? []) {
      listener.close();
      for (const app of apps) await app.stop();
    }
    for (const each of fresh) await each.remove();
  });

  async function place(number: string, nodes: number): Promise<Place> {
    const made = await migratedEnvironment('postgresql', {
      REDIS_URL: `${redis.url}${number}`,
      RATE_LIMITS: 'on',
      RATE_OPERATIONS: '8/60',
    });
    fresh.push(made);
    const apps: App[] = [];
    for (let node = 0; node < nodes; node += 1) apps.push(await createApp(readConfig(made.env)));
    const [first, second] = apps as [App, App];
    const people = new People(first.url, made.smtp);
    const pair: [Person, Person] = [await people.signUp('ann'), await people.signUp('ben')];
    const group = await pair[0].rest.ask('create_group', { name: 'Team', member_ids: [pair[1].id] });
    const listener = await new People(second.url, made.smtp).logIn(pair[1]).then((person) => person.raw());
    return { apps, env: made.env, people: pair, conversation_id: group.conversation_id, listener };
  }

  it('have the same ids of users and conversations, and different installation ids', async () => {
    const [one, other] = places;
    expect(one.people.map(({ id }) => id)).to.deep.equal(other.people.map(({ id }) => id));
    expect(one.conversation_id).to.equal(other.conversation_id);
    const ids = await Promise.all(
      places.map(({ env }) => postgresql.query(env.DATABASE_URL ?? '', 'select id from installation')),
    );
    expect(new Set(ids).size).to.equal(2);
  });

  it('share no messages, limits, removals or ended sessions, and the nodes of each receive each other’s', async () => {
    const [one, other] = places;
    const { conversation_id } = one;
    const [ann, ben] = one.people;
    expect(await ann.rest.ask('message', { conversation_id, content: 'here alone' })).to.include({ ok: true });
    await one.listener.inbox.next('message', { content: 'here alone' });

    const codes: string[] = [];
    for (let call = 0; call < 12; call += 1) {
      const answer = await ann.rest.ask('me');
      codes.push(answer.ok ? 'ok' : answer.error.code);
    }
    expect(codes, 'need the limit to have been reached here').to.include('rate_limited');
    expect(await other.people[0].rest.ask('me'), 'and not there').to.include({ ok: true });

    const removing = { conversation_id, user_id: ben.id };
    await one.people[1].rest.ask('remove_participant', removing); // leaves
    await one.listener.inbox.next('conversation_update', { content: 'removed_from_conversation' });
    await one.people[1].rest.ask('logout');

    await new Promise((resolve) => setTimeout(resolve, CROSSED_WITHIN_MS));
    expect(other.listener.inbox.all('message')).to.deep.equal([]);
    expect(other.listener.inbox.all('conversation_update')).to.deep.equal([]);
    const [cleo] = other.people;
    expect(await cleo.rest.ask('message', { conversation_id, content: 'still there' })).to.include({ ok: true });
    await other.listener.inbox.next('message', { content: 'still there' });
    expect(await other.people[1].rest.ask('me'), 'logged in still').to.include({ ok: true });
  });
});
