import { expect } from 'chai';
import type { Answer } from '../support/clients.ts';
import { accepted, onEachServer, TRANSPORTS } from './fixture.ts';

onEachServer('Searching for users', (app) => {
  for (const transport of TRANSPORTS) {
    it(`over ${transport} finds usernames that contain the text, in any case, the best match first`, async () => {
      const people = await app().people('alice', 'bob', 'carol', 'dave');
      const client = await people[0].client(transport);
      const bestFirst = [`NeIl-${transport}`, `neil-${transport}.a`, `Neil-${transport}.abc`, `o_NEIL-${transport}`];
      for (const [index, person] of people.entries()) {
        accepted(await person.rest.ask('update_me', { username: bestFirst.at(-1 - index) }));
      }
      const { users } = accepted(await client.ask('search_users', { q: `nEIL-${transport.toUpperCase()}` }));
      expect(users.map(({ username }: Answer) => username)).to.deep.equal(bestFirst);
      expect(users.map(({ id }: Answer) => id)).to.deep.equal(people.map(({ id }) => id).reverse());
    });
  }
});
