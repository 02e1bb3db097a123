import { defineEntity, p } from '@mikro-orm/core';

/** The identity of the chat in this database, for all its nodes. There is one row. */
export const InstallationRow = defineEntity({
  name: 'InstallationRow',
  tableName: 'installation',
  properties: {
    /** Always 1, which excludes a second row. */
    singleton: p.integer().primary().autoincrement(false),
    /** Part of every channel and key in Redis. */
    id: p.string().length(36),
    /** Changes with each restore, after which clients cannot sync from what they have stored. */
    epoch: p.string().length(36),
  },
});
