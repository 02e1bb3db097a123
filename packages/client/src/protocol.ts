/** The wire vocabulary is the server's own; the built package has its declarations in place of this file. */
export type * from '../../../src/protocol.ts';
