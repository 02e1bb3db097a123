import type { Chance } from './random.ts';

/** The speaker, as a number from 0, and the text. */
export type Line = { speaker: number; text: string };

const SLOTS: Record<string, readonly string[]> = {
  food: ['lasagne', 'dumplings', 'a big salad', 'pumpkin soup', 'pancakes', 'ramen', 'tacos', 'apple pie', 'a curry'],
  place: [
    'the lake',
    'the old mill',
    'the market square',
    'the botanical garden',
    'the harbour',
    'the castle',
    'the park',
  ],
  day: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'],
  time: ['9:30', 'noon', '3 pm', 'half past five', '6 pm', 'seven', '8:15'],
  film: ['The Long Ferry', 'Paper Moons', 'North of Everything', 'A Quiet Orchestra', 'Two Winters'],
  book: ['The Lighthouse Keeper', 'Salt Roads', 'The Clockmaker', 'An Island of Our Own', 'Letters to Ida'],
  animal: ['the cat', 'the dog', 'our rabbit', 'the neighbour’s parrot'],
  thing: ['the drill', 'the tent', 'my blue jacket', 'the big pot', 'the spare key', 'the bicycle pump'],
  town: ['Lisbon', 'Kraków', 'Bergen', 'Ghent', 'Ljubljana', 'Porto', 'Uppsala'],
};

/** Each line begins with a letter for the speaker. Words in braces are chosen at random. */
const SCRIPTS = `
A: Are you free on {day}?
B: After {time}, yes. What is up?
A: I thought of {place}, if the weather holds
B: Oh, lovely. Shall I bring something?
A: Just yourself. And maybe {thing} 😄
B: Deal!

A: I made {food} and there is far too much of it
B: I can be there in ten minutes
A: Ha! Bring a container, then you can take some home
B: You are the best ❤️

A: Have you seen {film} yet?
B: No! Is it any good?
A: The first hour is slow, and then you do not dare to breathe
C: Do not spoil it, I am going on {day}
A: My lips are sealed 🤐
B: Can I come along, {C}?
C: Sure, it begins at {time}

A: Did anybody see {thing}? I had it on {day}
B: Was it not in the hall cupboard?
A: Looked there twice
C: I borrowed it, sorry! I will bring it back tonight
A: Phew. No hurry, I only wanted to know that it lives

A: Running a little late, ten minutes
B: No worries, I have a table by the window
A: Order me a coffee?
B: Already done ☕

A: How was {town}?
B: Wonderful. We walked until our feet gave up
B: And the food! I dream of it
A: Pictures please
B: Tonight, when I have sorted out the forty of the same bridge
A: I want all forty

A: Which chapter are we reading until {day}?
B: Up to the end of part two, I think
C: Of “{book}”? I am already through 🙈
A: Show-off
C: It rained all weekend, what should I do
B: No hints, please!

A: Good morning! Does the meeting still stand at {time}?
B: Yes, room on the second floor
A: Great, I have two questions on the numbers
B: Send them over, then I can look before
A: In your mailbox
B: Got them, thanks

A: {animal} has learned how to open the fridge
B: No!
A: Yes. The cheese is gone
C: I admire the dedication
B: Put a chair in front of it
A: The chair is how it was done

A: Happy birthday, {B}! 🎉
C: Happy birthday!! 🎂
B: Thank you, you two! I am speechless
A: Cake at {time}?
B: There is {food} as well, come hungry

A: Is the heating on at yours? Ours is cold again
B: Same here. I called them, somebody comes on {day}
A: You are an angel. Between when and when?
B: “In the course of the day”, the usual
A: I am at home, I can open the door for both
B: Perfect, thanks!

A: Who is in for {day}? We are five so far
B: Me!
C: Me too, but I have to leave by {time}
A: That makes seven, one more and we can play
B: I will ask my brother
A: 🤞

A: Could you water the plants while we are in {town}?
B: Of course. How often?
A: Every three days, and the fern a bit more
B: I will talk to it too
A: It likes gossip

A: I finally finished “{book}”
B: And?
A: I cried on the train
B: At the letter, was it not?
A: At the letter.
B: Everybody cries at the letter

A: Do we need anything from the shop?
B: Milk, lemons, and something for {food}
A: What goes into {food}?
B: I will send you a list
B: Onions, garlic, a little cream, fresh herbs, good bread
A: You know that I come home with something else
B: I am counting on it

A: The train stands in the middle of a field
B: Oh no. For long?
A: They say a quarter of an hour, so an hour
B: Tell me when you move, I will pick you up
A: We move! Arrival around {time}
B: On my way 🚗

A: Can somebody look over my text before {day}?
B: How long is it?
A: Two pages, promised
B: Then send it, I have time tonight
A: Thank you! Be merciless
B: I only know merciless

A: There is frost on the windows
B: And the first snow on the hills
C: Sledge on {day}?? 🛷
B: I am forty-three. Yes of course
A: I bring tea

A: Do you remember the name of that place at {place}?
B: The one with the {food}?
A: Exactly
B: It had a green door, that is all I know
A: A green door. I shall walk until I find it

A: Short vote: {place} or {place2} on the weekend?
B: {place}
C: {place2}, we were at the other one last time
B: Fine, convinced
A: Then {place2}, {day} at {time}

A: I passed!!!
B: I KNEW IT
C: Congratulations! 🎓
A: I still cannot believe it
B: Tonight we celebrate, no excuses
A: No excuses

A: The bike makes that noise again
B: Like a duck?
A: More like a sad duck
B: Bring it over on {day}, I have {thing} and patience
A: You are a hero

A: Reminder: we meet at {time}, not as in the mail
B: Thanks, I would have stood there alone
C: I did stand there alone last time
A: We do not speak of last time
C: 😇

A: What do we give grandma?
B: Something she can use. She has enough vases
C: A weekend in {town}, with us?
A: That is brilliant
B: Count me in. I will look for trains
C: And I for a place with a lift

A: My internet is gone, writing from the phone
B: Mine too, so it is the whole street
A: Good. I mean, bad, but not my fault
B: They say it is back at {time}
A: Then I read a book, like in the old days

A: Who has the key of the shed?
B: It hangs behind the door
A: Behind which one?
B: The blue one, under the hat
A: Found it, together with my hat!

A: Practised the second voice?
B: Every day. The neighbours know it by heart
A: Then they can step in on {day}
C: I will be there at {time} to warm up
A: See you all then 🎶

A: Just saw a fox at {place}
B: In daylight?
A: It looked at me as if I were late
B: Were you?
A: Yes 😅

A: How are you feeling today?
B: Better. The fever is down, I slept until noon
A: Do you need anything? I pass by at {time}
B: Oranges would be great
A: Oranges and {food}, then
B: I do not deserve you

A: Small win: the report is out
B: Hooray!
C: Thank you for all the late evenings, {A}
A: Now I sleep until {day}
B: Earned
`;

const scripts = SCRIPTS.trim()
  .split('\n\n')
  .map((script) =>
    script.split('\n').map((line) => ({ speaker: line.charCodeAt(0) - 'A'.charCodeAt(0), text: line.slice(3) })),
  );

/** A dialogue for at most as many speakers as names; the names are used where speakers are addressed. */
export function dialogue(chance: Chance, names: readonly string[]): Line[] {
  const possible = scripts.filter((script) => script.every(({ speaker }) => speaker < names.length));
  const words = new Map<string, string>();
  function wordFor(slot: string): string {
    const speaker = 'ABC'.indexOf(slot);
    if (speaker >= 0) return names[speaker] ?? 'you';
    const kind = slot.replace(/\d$/, '');
    const taken = words.get(kind);
    const word = words.get(slot) ?? chance.one((SLOTS[kind] ?? []).filter((each) => slot === kind || each !== taken));
    words.set(slot, word);
    return word;
  }
  const told = (text: string) => capitalised(text.replace(/\{(\w+)\}/g, (_, slot: string) => wordFor(slot)));
  return chance.one(possible).map(({ speaker, text }) => ({ speaker, text: told(text) }));
}

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** The text with a typo: two neighbouring letters swapped. Undefined if it has too few letters. */
export function mistyped(text: string, chance: Chance): string | undefined {
  const at = chance.between(1, Math.max(1, text.length - 3));
  const [one = '', other = ''] = [text[at], text[at + 1]];
  if (!/[a-z]/.test(one) || !/[a-z]/.test(other) || one === other) return undefined;
  return text.slice(0, at) + other + one + text.slice(at + 2);
}
