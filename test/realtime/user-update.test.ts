import { expect } from 'chai';
import { accepted, groupOf, onEachServer, privateOf } from '../contract/fixture.ts';

const PICTURE = 'https://example.com/picture.png';

onEachServer('A new name or picture', (app) => {
  it('is sent to all users who share a conversation, and to the user’s own sockets, on every transport', async () => {
    const [ann, ben, cid, eve] = await app().people('ann', 'ben', 'cid', 'eve');
    await privateOf(ann, ben);
    await groupOf(cid, ann);
    await privateOf(ben, eve);
    const receivers = await Promise.all([
      ben.socketio(),
      ben.raw(),
      cid.socketio({ transports: ['polling'] }),
      ann.raw(),
    ]);
    const stranger = await eve.raw();
    const username = `${ann.username}-new`;
    accepted(await ann.rest.ask('update_me', { username, profile_picture: PICTURE }));
    const payload = { sender_id: ann.id, sender_username: username, profile_picture: PICTURE };
    for (const { inbox } of receivers) {
      const event = await inbox.next('user_update', payload);
      expect(event).to.have.all.keys('type', 'created_at', ...Object.keys(payload));
    }
    accepted(await ben.rest.ask('update_me', { profile_picture: PICTURE }));
    await stranger.inbox.next('user_update', { sender_id: ben.id });
    expect(stranger.inbox.all('user_update')).to.have.length(1);
  });

  it('is sent at most once per second, and the last one always', async () => {
    const [ann, ben] = await app().people('ann', 'ben');
    await privateOf(ann, ben);
    const listener = await ben.raw();
    const client = await ann.raw();
    const pictures = Array.from({ length: 20 }, (_, index) => `${PICTURE}?${index}`);
    await Promise.all(pictures.map((profile_picture) => client.ask('update_me', { profile_picture })));
    await listener.inbox.next('user_update', { profile_picture: pictures.at(-1) });
    expect(listener.inbox.all('user_update').length).to.be.at.most(2);
  });

  it('is not sent if nothing was changed', async () => {
    const [ann, ben] = await app().people('ann', 'ben');
    await privateOf(ann, ben);
    const listener = await ben.raw();
    accepted(await ann.rest.ask('update_me', {}));
    accepted(await ann.rest.ask('update_me', { profile_picture: PICTURE }));
    await listener.inbox.next('user_update');
    expect(listener.inbox.all('user_update')).to.have.length(1);
  });
});
