/** Names with which a user could impersonate the operators, the server, or a group of all users. */
const RESERVED: ReadonlySet<string> = new Set([
  ...['admin', 'admins', 'administrator', 'root', 'superuser', 'sysadmin', 'owner', 'moderator', 'staff', 'official'],
  ...[
    'support',
    'help',
    'helpdesk',
    'service',
    'security',
    'abuse',
    'postmaster',
    'hostmaster',
    'webmaster',
    'noreply',
  ],
  ...['mmchat', 'system', 'server', 'bot', 'api', 'null', 'undefined', 'anonymous', 'deleted'],
  ...['all', 'everyone', 'everybody', 'here', 'channel'],
]);

/** Whether a name is reserved. @param key of a username; dots, dashes and underscores are ignored */
export const isReserved = (key: string): boolean => RESERVED.has(key.replace(/[._-]/g, ''));
