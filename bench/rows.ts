import type { Row } from './row.ts';
import { cluster } from './rows/cluster.ts';
import { connect } from './rows/connect.ts';
import { fanOutPaced, fanOutRaw, fanOutRawPaced, fanOutSaturated } from './rows/fan-out.ts';
import { growthOnPostgresql, growthOnSqlite } from './rows/growth.ts';
import { halfLoad } from './rows/half.ts';
import { idle } from './rows/idle.ts';
import { logins } from './rows/logins.ts';
import { mixedRoom } from './rows/mixed.ts';
import { overload } from './rows/overload.ts';
import { presence } from './rows/presence.ts';
import { restConversations, restMessages, restSend } from './rows/rest.ts';
import { send, sendOne, sendOnPostgresql, sendToFive } from './rows/send.ts';

/** Every row of the bench, in the order in which they run. */
export const rows: readonly Row[] = [
  send,
  sendToFive,
  sendOnPostgresql,
  sendOne,
  halfLoad,
  overload,
  fanOutSaturated,
  fanOutPaced,
  fanOutRaw,
  fanOutRawPaced,
  mixedRoom,
  cluster,
  restSend,
  restConversations,
  restMessages,
  growthOnSqlite,
  growthOnPostgresql,
  idle,
  connect,
  presence,
  logins,
];
