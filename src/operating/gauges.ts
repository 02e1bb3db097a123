import type { ChatServer } from '../chat-server.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Context } from '../context.ts';
import { connectionsOf } from '../transports/slow-readers.ts';
import type { Metrics } from './metrics.ts';

/** What the gauges look at. */
export type Watched = {
  io: ChatServer;
  context: Context;
  cluster: Cluster | undefined;
  /** Plain WebSockets, which Socket.IO's own register does not hold. */
  rawConnections(): number;
};

/** Adds what is not counted as it happens but looked up on each scrape. */
export function addGauges(metrics: Metrics, { io, context, cluster, rawConnections }: Watched): void {
  const { accounts, changes, database } = context;
  metrics.gauge(
    'mmchat_connections',
    'Open connections.',
    () => ({ ...socketIoConnections(io), raw: rawConnections() }),
    'transport',
  );
  metrics.gauge('mmchat_commit_queue', 'Changes waiting for the next group commit.', () => changes.queued);
  metrics.gauge('mmchat_password_queue', 'Passwords waiting to be hashed or checked.', () => accounts.passwords.queued);
  metrics.gauge('mmchat_mail_queue', 'Letters waiting to be sent.', () => accounts.mail.queued());
  metrics.gauge('mmchat_database_pool', 'Connections to the database.', () => database.pool(), 'state');
  metrics.gauge('mmchat_cluster_nodes', 'Nodes that this one hears, and itself.', () => cluster?.nodes ?? 1);
  metrics.gauge('mmchat_cluster_healthy', '1 while this node hears the others, or needs none.', () =>
    cluster?.healthy === false ? 0 : 1,
  );
}

function socketIoConnections(io: ChatServer): { websocket: number; polling: number } {
  const count = { websocket: 0, polling: 0 };
  for (const { transport } of connectionsOf(io)) count[transport.name === 'polling' ? 'polling' : 'websocket'] += 1;
  return count;
}
