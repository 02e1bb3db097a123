import { variable } from '../definition.ts';
import { integer } from '../parsers.ts';

/** Time limits that depend on networks, clients or preference. All others are constants where they are used. */
export const times = {
  HEARTBEAT_SEC: variable(
    integer(1, 600),
    '25',
    'The interval of pings. [Proxies](deployment.md) have to permit connections to be idle for this time plus `HEARTBEAT_TIMEOUT_SEC`.',
  ),
  HEARTBEAT_TIMEOUT_SEC: variable(
    integer(1, 600),
    '20',
    'A connection that does not answer a ping within this time is closed.',
  ),
  LOGIN_TIMEOUT_SEC: variable(integer(1, 60), '10', 'How long a Socket.IO connection may be open without a login.'),
  TYPING_SEC: variable(integer(1, 60), '6', 'The lifetime of a typing indicator. The SDK renews it every 3 seconds.'),
  PRESENCE_GRACE_SEC: variable(
    integer(0, 60),
    '1',
    'A user who reconnects within this time is not reported as offline meanwhile.',
  ),
  NODE_LEASE_SEC: variable(
    integer(2, 60),
    '8',
    'A node that sends nothing through Redis for this time is considered dead, and its users offline.',
  ),
  DATABASE_TIMEOUT_SEC: variable(
    integer(4, 9),
    '8',
    'A connection to PostgreSQL that sends nothing for this time while an answer is due is replaced.',
  ),
};
