/** The server's wire types; the built package has their declarations in place of this file. */
export type * from '../../../src/protocol.ts';
