import type { Broker } from '../broker/broker.ts';
import type { ChatServer } from '../delivery/socket-types.ts';
import type { Context } from '../operation/context.ts';
import { connectionsOf } from '../transports/socketio/slow-readers.ts';
import { CONDITIONS, type ConditionName, type Conditions } from './conditions.ts';
import type { Metrics } from './metrics.ts';

/** The parts of the server that the gauges read. */
export type Watched = {
  io: ChatServer;
  context: Context;
  broker: Broker;
  conditions: Conditions;
  /** The number of plain WebSockets, which Socket.IO does not count. */
  rawConnections(): number;
};

/** Adds the metrics that are read on each scrape. */
export function addGauges(metrics: Metrics, { io, context, broker, conditions, rawConnections }: Watched): void {
  const { accounts, changes, database } = context;
  metrics.gauge(
    'mmchat_connections',
    'Open connections.',
    () => ({ ...socketIoConnections(io), raw: rawConnections() }),
    'transport',
  );
  metrics.gauge('mmchat_commit_queue', 'Changes waiting for the next group commit.', () => changes.queued);
  metrics.gauge('mmchat_password_queue', 'Passwords waiting to be hashed or checked.', () => accounts.passwords.queued);
  metrics.gauge('mmchat_mail_queue', 'E-mails waiting to be sent.', () => accounts.mail.queued());
  metrics.gauge('mmchat_database_pool', 'Connections to the database.', () => database.pool(), 'state');
  metrics.gauge('mmchat_cluster_nodes', 'Nodes that are connected to this one, including itself.', () => broker.nodes);
  metrics.gauge('mmchat_cluster_healthy', '1 while this node is connected to the others, or is the only one.', () =>
    broker.isHealthy ? 1 : 0,
  );
  const names = Object.keys(CONDITIONS) as ConditionName[]; // Object.keys returns string[]
  metrics.gauge(
    'mmchat_condition',
    '1 while a condition is active.',
    () => Object.fromEntries(names.map((name) => [name, conditions.has(name) ? 1 : 0])),
    'condition',
  );
}

function socketIoConnections(io: ChatServer): { websocket: number; polling: number } {
  const count = { websocket: 0, polling: 0 };
  for (const { transport } of connectionsOf(io)) count[transport.name === 'polling' ? 'polling' : 'websocket'] += 1;
  return count;
}
