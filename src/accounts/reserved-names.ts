/** Names by which a user could pass for the operators, for the server itself, or for everybody. */
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

/** Whether nobody may take a name. @param key of a username; dots, dashes and underscores make no difference */
export const isReserved = (key: string): boolean => RESERVED.has(key.replace(/[._-]/g, ''));
