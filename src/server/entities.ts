import type { InferKyselyDB } from '@mikro-orm/sql';
import {
  Avatar,
  FormerUsername,
  KnownOrigin,
  OneTimeCode,
  Session,
  Ticket,
  User,
  UsernameNgram,
} from '../accounts/entities.ts';
import { Conversation, MissedBlock, Participant, ReadRange } from '../conversations/entities.ts';
import { InstallationRow } from '../installation/entities.ts';
import { Message } from '../messages/entities.ts';

/** The tables of all features. A feature that stores something adds its entities here. */
export const ENTITIES = [
  User,
  UsernameNgram,
  Session,
  Ticket,
  OneTimeCode,
  KnownOrigin,
  FormerUsername,
  Avatar,
  Conversation,
  Participant,
  ReadRange,
  MissedBlock,
  Message,
  InstallationRow,
];

declare module '../database/queries.ts' {
  interface Tables extends InferKyselyDB<(typeof ENTITIES)[number]> {}
}
