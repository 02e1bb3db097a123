/** The users of a seeded database; log in as the first one to see all features. */
export const PEOPLE = [
  ...['alice', 'ben', 'clara', 'david', 'emma', 'farid', 'greta', 'hugo', 'ines', 'jonas', 'kaya', 'leo'],
  ...['mira', 'noah', 'olga', 'paul', 'quinn', 'rosa', 'samir', 'tess', 'uma', 'viktor', 'wanda', 'yusuf'],
];

/** The password of all users. */
export const PASSWORD = 'chat-with-me-2026';

/** The private conversations, by the numbers of the users. The weight is the share of messages. */
export type Circle = {
  members: readonly number[];
  weight: number;
  /** For groups only: the first member creates it, one may join and one may leave later, and it may be renamed. */
  name?: string;
  joins?: number;
  leaves?: number;
  renamed?: string;
};

export const GROUPS: readonly Circle[] = [
  { name: 'Weekend hike', members: [0, 1, 2, 3, 6, 9, 12], weight: 5, joins: 16 },
  { name: 'Book club', members: [2, 0, 4, 8, 14, 17], weight: 5 },
  { name: 'House on Mill Lane', members: [5, 0, 7, 10, 11, 18, 19, 22], weight: 4 },
  {
    name: 'Football',
    members: [3, 1, 0, 5, 7, 9, 13, 15, 18, 21, 23],
    weight: 5,
    joins: 4,
    leaves: 15,
    renamed: 'Tuesday football ⚽',
  },
  { name: 'Choir, second voices', members: [14, 0, 8, 16, 20], weight: 3 },
  { name: 'Grandma’s 80th', members: [0, 6, 17], weight: 2 },
  { name: 'Lunch crew', members: [10, 11, 12, 13, 16, 20], weight: 3 },
];

export const PAIRS: readonly Circle[] = [
  ...[1, 2, 3, 4, 5, 8, 10, 14, 17, 22].map((other, index) => ({ members: [0, other], weight: index < 4 ? 4 : 1.5 })),
  ...[
    [1, 2],
    [3, 7],
    [4, 8],
    [5, 18],
    [6, 17],
    [9, 13],
    [10, 20],
    [11, 19],
    [12, 16],
    [15, 21],
    [22, 23],
  ].map((members) => ({ members, weight: 1 })),
];
