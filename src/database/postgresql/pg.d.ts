/** The part of the pg driver that is used here: the package has no types of its own. */
declare module 'pg' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';

  /** A statement; one with a name is prepared once per connection. */
  export type QueryConfig = { readonly text: string; readonly values?: readonly unknown[]; readonly name?: string };
  export type QueryResult = {
    readonly rows: Record<string, unknown>[];
    readonly command?: string;
    readonly rowCount: number | null;
  };

  export class Client extends EventEmitter {
    constructor(options: object);
    /** The process of the server, or of a pooler in between, that serves this connection. */
    readonly processID: number | null;
    /** Not documented: the protocol, and below it the socket. */
    readonly connection: EventEmitter & { readonly stream: Socket };
    connect(): Promise<unknown>;
    query(statement: string | QueryConfig, values?: readonly unknown[]): Promise<QueryResult>;
    end(): Promise<void>;
  }

  export class Pool<PoolClient extends Client> extends EventEmitter {
    constructor(options: object);
    readonly totalCount: number;
    readonly idleCount: number;
    readonly waitingCount: number;
    connect(): Promise<PoolClient & { release(destroy?: boolean): void }>;
    end(): Promise<void>;
  }

  export class TypeOverrides {
    setTypeParser(oid: number, parser: (text: string) => unknown): void;
  }
}
