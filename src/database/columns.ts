import { BigIntType, type EntityProperty, type Platform, p } from '@mikro-orm/core';
import { SqlitePlatform } from '@mikro-orm/sql';

/**
 * 64-bit integers as JavaScript numbers: `bigint` on PostgreSQL, `integer` on SQLite, where MikroORM would report a
 * schema difference for a `bigint` key again and again.
 */
class Int8 extends BigIntType<'number'> {
  constructor() {
    super('number');
  }

  override getColumnType(property: EntityProperty, platform: Platform): string {
    return platform instanceof SqlitePlatform ? 'integer' : super.getColumnType(property, platform);
  }
}

export const int8 = () => p.type(Int8).$type<number>();
export const id = () => int8().primary().autoincrement();
/** A time in milliseconds since 1970, UTC: the same number on both databases, in raw SQL too. */
export const moment = () => int8();
