import type { SharedOutbox } from '../accounts/mail-carriers.ts';
import type { Channel } from './channel.ts';

/** The topic of letters in the development outbox. */
export const LETTERS = 'letters';

/** Makes the outboxes of all workers one: whichever serves the page shows what any of them sent. */
export const outboxThrough = (channel: Channel): SharedOutbox => ({
  tell: (letter) => channel.say(LETTERS, JSON.stringify(letter)),
  hear: (keep) =>
    channel.hear(LETTERS, (text) => {
      const letter = JSON.parse(text);
      keep({ ...letter, at: new Date(letter.at) });
    }),
});
