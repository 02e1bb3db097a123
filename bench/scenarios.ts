import type { Scenario } from './scenario.ts';
import { cluster } from './scenarios/cluster.ts';
import { connect } from './scenarios/connect.ts';
import { fanOutPaced, fanOutRaw, fanOutRawPaced, fanOutSaturated } from './scenarios/fan-out.ts';
import { growthOnPostgresql, growthOnSqlite } from './scenarios/growth.ts';
import { halfLoad } from './scenarios/half-load.ts';
import { idle } from './scenarios/idle.ts';
import { logins } from './scenarios/logins.ts';
import { mixedRoom } from './scenarios/mixed-room.ts';
import { overload } from './scenarios/overload.ts';
import { presence } from './scenarios/presence.ts';
import { restConversations, restMessages, restSend } from './scenarios/rest.ts';
import { send, sendOne, sendOnPostgresql, sendToFive } from './scenarios/send.ts';

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [
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
