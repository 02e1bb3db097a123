import { sweepFormerNames } from '../../src/accounts/former-names.ts';
import { OneTimeCodes } from '../../src/accounts/one-time-codes.ts';
import { Sessions } from '../../src/accounts/sessions.ts';
import { Tokens } from '../../src/accounts/tokens.ts';
import { MemoryBroker } from '../../src/broker/memory.ts';
import { openDatabase } from '../../src/server/open-database.ts';

/** Does once what a server does every minute, and prints by how many days its clock differs from the database's. */
const database = await openDatabase({ kind: 'postgresql', url: process.env.DATABASE_URL ?? '' });
const tokens = new Tokens('a secret for tests that is long enough to be one');
const sessions = new Sessions(database, tokens, { ttlMinutes: 1, maxDays: 90 }, new MemoryBroker());
await sessions.sweep();
await new OneTimeCodes(database, tokens, { digits: 6, ttlSec: 600 }).sweep();
await sweepFormerNames(database);
process.stdout.write(`swept ${Math.round((Date.now() - database.now()) / 86_400_000)}\n`);
await database.close();
