import { sql } from 'kysely';
import type { Sessions } from '../accounts/sessions.ts';
import type { Database } from '../database.ts';
import type { Delivery } from '../delivery.ts';
import { MembershipGuard } from '../membership-guard.ts';
import type { Observer } from '../observer.ts';
import type { Presence } from '../presence/presence.ts';
import type { Typing } from '../presence/typing.ts';
import type { Connections } from '../transports/connections.ts';
import type { Bus } from './bus.ts';
import { Cluster, STANDSTILL_MS } from './cluster.ts';

/** Opens the way on which the nodes talk. */
export type Connect = (report: { lost(): void }) => Promise<Bus> | Bus;
type House = {
  connect: Connect;
  database: Database;
  delivery: Delivery;
  presence: Presence;
  typing: Typing;
  connections: Connections;
  sessions: Sessions;
  observer: Observer;
  report: (error: unknown, doing: string) => void;
};

/** After an outage every node says that it lost something: the clients are asked once. */
const PROMPT_AFTER_MS = 500;

/** Makes this node one of several: from here on they deliver for each other. */
export async function joinCluster({
  connect,
  database,
  delivery,
  presence,
  typing,
  connections,
  sessions,
  observer,
  report,
}: House): Promise<Cluster> {
  const prompt = soonOnce(() => delivery.promptSync());
  const rooms = {
    hasRoom: delivery.hasRoom,
    settleRoom: delivery.settleRoom,
    takeBack: delivery.takeBack,
    areCurrent: (): boolean => cluster.current,
  };
  const guard = new MembershipGuard(
    membersIn(database),
    rooms,
    (error) => report(error, 'reading members'),
    STANDSTILL_MS,
  );
  const lost = () => {
    cluster.countLost();
    observer.publishLost();
  };
  const bus = await connect({ lost });
  const cluster: Cluster = new Cluster(bus, {
    apply(effects) {
      typing.heardElsewhere(effects);
      delivery.deliverHere(effects);
    },
    onlineUsers: () => presence.onlineHere(),
    wantsReceipts: delivery.wantsReceipts,
    presenceChanged: presence.changedElsewhere,
    connectionsHere: (userId) => connections.count(userId),
    severalConnections: () => connections.several(),
    connectionsChanged: connections.changedElsewhere,
    stoodStill: () => guard.forget(),
    mayHaveMissed() {
      guard.forget();
      sessions.forgetAll();
      void dismissEnded(delivery, sessions).catch((error) => report(error, 'looking for ended sessions'));
      prompt();
    },
  });
  delivery.join(cluster.spread, guard, cluster.tellReceiptsWanted);
  presence.join(cluster);
  connections.join(cluster);
  return cluster;
}

/** Closes the sockets of sessions that were ended while this node did not hear of it. */
export async function dismissEnded(delivery: Delivery, sessions: Sessions): Promise<void> {
  delivery.dismissSessions(new Set(await sessions.endedOf(delivery.sessions())));
}

/** However often it is asked for within a while, the work is done once, at the end of the while. */
function soonOnce(work: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  return () => {
    if (timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      work();
    }, PROMPT_AFTER_MS).unref();
  };
}

const membersIn = (database: Database) => async (conversationId: number) => {
  const { rows } = await sql<{ userId: number }>`
    select user_id as "userId" from participants where conversation_id = ${conversationId}`.execute(database.sql);
  return rows.map(({ userId }) => userId);
};
