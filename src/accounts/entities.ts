import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { id, moment } from '../columns.ts';

export const User = defineEntity({
  name: 'User',
  tableName: 'users',
  properties: {
    id: id(),
    username: p.string().length(32),
    /** The username in lower case: what is unique, and what the search looks through. */
    usernameKey: p.string().length(32).unique(),
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
 * The pieces of a username's key, up to three characters each, by which the search finds it; those of its beginning once
 * more, marked. Ordered by the length of the name, so that the best matches are the first entries of the key.
 */
export const UsernamePiece = defineEntity({
  name: 'UsernamePiece',
  tableName: 'username_pieces',
  properties: {
    piece: p.string().length(4).primary(),
    length: p.integer().primary(),
    usernameKey: p.string().length(32).primary(),
    userId: () => p.manyToOne(User).mapToPk().joinColumn('user_id').deleteRule('cascade').index(false),
  },
  indexes: [{ properties: ['userId'] }],
});

/** A login. Its row is the proof that tokens which name it are still good; ending it is deleting it. */
export const Session = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  properties: {
    id: p.string().length(36).primary(),
    userId: () => p.manyToOne(User).mapToPk().joinColumn('user_id').deleteRule('cascade').index(false),
    createdAt: moment(),
    expiresAt: moment().index(),
  },
  indexes: [{ properties: ['userId'] }],
});

/** A one-use key for opening one plain WebSocket, kept hashed. */
export const Ticket = defineEntity({
  name: 'Ticket',
  tableName: 'tickets',
  properties: {
    hash: p.string().length(64).primary(),
    sessionId: () => p.manyToOne(Session).mapToPk().joinColumn('session_id').deleteRule('cascade').index(false),
    expiresAt: moment().index(),
  },
  indexes: [{ properties: ['sessionId'] }],
});

/** A code for each request that asked for one. Kept for unknown addresses just the same. */
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
    /** Tries by clients that do not name the request. */
    sharedTries: p.integer().default(0),
    createdAt: moment(),
    expiresAt: moment().index(),
  },
  indexes: [{ properties: ['emailKey', 'purpose', 'createdAt'] }],
});

/** Where a user has logged in from. */
export const KnownOrigin = defineEntity({
  name: 'KnownOrigin',
  tableName: 'known_origins',
  properties: {
    userId: () => p.manyToOne(User).mapToPk().joinColumn('user_id').deleteRule('cascade').index(false).primary(),
    originHash: p.string().length(64).primary(),
    lastLogin: moment().index(),
  },
});

/** A name that somebody has left, which stays theirs for a while. */
export const LeftUsername = defineEntity({
  name: 'LeftUsername',
  tableName: 'left_usernames',
  properties: {
    usernameKey: p.string().length(32).primary(),
    userId: () => p.manyToOne(User).mapToPk().joinColumn('user_id').deleteRule('cascade').index(false),
    until: moment().index(),
  },
  indexes: [{ properties: ['userId'] }],
});
