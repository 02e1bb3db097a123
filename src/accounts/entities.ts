import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { id, int8, moment } from '../database/columns.ts';

export const User = defineEntity({
  name: 'User',
  tableName: 'users',
  properties: {
    id: id(),
    username: p.string().length(32),
    /** The username in lower case: unique, and searched. */
    usernameKey: p.string().length(32).unique(),
    /** Empty for an imported account without an address; its key has no `@` then, so no input leads to it. */
    email: p.string().length(254),
    emailKey: p.string().length(254).unique(),
    passwordHash: p.string().length(72).hidden(),
    profilePicture: p.string().length(2048).default(''),
    lastSeen: moment(),
    createdAt: moment(),
  },
});
export type User = InferEntity<typeof User>;

/**
 * The n-grams of a username's key, of one to three characters, for the search; the prefixes once more, with a mark.
 * Ordered by the length of the name, so that the best matches come first in the index.
 */
export const UsernameNgram = defineEntity({
  name: 'UsernameNgram',
  tableName: 'username_pieces',
  properties: {
    piece: p.string().length(4).primary(),
    length: p.integer().primary(),
    usernameKey: p.string().length(32).primary(),
    userId: () => p.manyToOne(User).mapToPk().name('user_id').deleteRule('cascade').index(false),
  },
  indexes: [{ properties: ['userId'] }],
});

/** A login. Tokens that name it are valid as long as its row exists. */
export const Session = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  properties: {
    id: p.string().length(36).primary(),
    userId: () => p.manyToOne(User).mapToPk().name('user_id').deleteRule('cascade').index(false),
    createdAt: moment(),
    expiresAt: moment().index(),
  },
  indexes: [{ properties: ['userId'] }],
});

/** A one-use key that opens one plain WebSocket, stored hashed. */
export const Ticket = defineEntity({
  name: 'Ticket',
  tableName: 'tickets',
  properties: {
    hash: p.string().length(64).primary(),
    sessionId: () => p.manyToOne(Session).mapToPk().name('session_id').deleteRule('cascade').index(false),
    expiresAt: moment().index(),
  },
  indexes: [{ properties: ['sessionId'] }],
});

/** One code per request, also for addresses without an account. */
export const OneTimeCode = defineEntity({
  name: 'OneTimeCode',
  tableName: 'one_time_codes',
  properties: {
    requestHash: p.string().length(64).primary(),
    purpose: p.string().length(8),
    emailKey: p.string().length(254),
    /** The address that the code was sent to. */
    email: p.string().length(254),
    codeHash: p.string().length(64),
    tries: p.integer().default(0),
    /** Attempts by clients that do not name the request. */
    sharedTries: p.integer().default(0),
    createdAt: moment(),
    expiresAt: moment().index(),
  },
  indexes: [{ properties: ['emailKey', 'purpose', 'createdAt'] }],
});

/** An origin that a user has logged in from. */
export const KnownOrigin = defineEntity({
  name: 'KnownOrigin',
  tableName: 'known_origins',
  properties: {
    userId: () => p.manyToOne(User).mapToPk().name('user_id').deleteRule('cascade').index(false).primary(),
    originHash: p.string().length(64).primary(),
    lastLogin: moment().index(),
  },
});

/** A profile picture that the server keeps, under the key in its address. */
export const Avatar = defineEntity({
  name: 'Avatar',
  tableName: 'avatars',
  properties: {
    key: p.string().length(64).primary(),
    /** `u`: a user. */
    owner: p.string().length(1),
    ownerId: int8(),
    contentType: p.string().length(32),
    content: p.blob(),
    createdAt: moment(),
  },
  indexes: [{ properties: ['owner', 'ownerId'] }],
});

/** A username that its user has given up, reserved for them for a while. */
export const FormerUsername = defineEntity({
  name: 'FormerUsername',
  tableName: 'left_usernames',
  properties: {
    usernameKey: p.string().length(32).primary(),
    userId: () => p.manyToOne(User).mapToPk().name('user_id').deleteRule('cascade').index(false),
    until: moment().index(),
  },
  indexes: [{ properties: ['userId'] }],
});
