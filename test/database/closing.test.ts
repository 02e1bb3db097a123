import { MikroORM } from '@mikro-orm/core';
import type { AbstractSqlDriver } from '@mikro-orm/sql';
import { expect } from 'chai';
import { ormOptions } from '../../src/database/options.ts';
import { ENTITIES } from '../../src/server/entities.ts';
import { requirePostgresql } from '../support/services.ts';

describe('Closing the connections to PostgreSQL, as the command line does,', () => {
  it('waits for a statement whose connection is being opened', async function () {
    this.timeout(120_000);
    const postgresql = await requirePostgresql(this);
    const url = await postgresql.createDatabase();
    const orm = await MikroORM.init<AbstractSqlDriver>(ormOptions({ kind: 'postgresql', url }, ENTITIES));
    const connection = orm.em.getDriver().getConnection();
    let statement: Promise<unknown> | undefined;
    await connection.transactional(async (transaction) => {
      await connection.execute('select 1', [], 'all', transaction);
      // the transaction keeps the connection that is open, so this one needs another
      statement = connection.execute('select 2 as n');
      await new Promise(setImmediate);
    });
    await orm.close(true);
    expect(await statement).to.deep.equal([{ n: 2 }]);
    await postgresql.dropDatabase(url);
  });
});
