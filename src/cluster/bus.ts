import type { Server } from 'socket.io';

/** How nodes talk to each other. What is published while it is away is lost, and counted. */
export type Bus = {
  /** Whether this node hears and is heard, as far as it knows. */
  readonly healthy: boolean;
  publish(message: NodeMessage): void;
  /** Hears what other nodes publish. */
  listen(hear: (message: NodeMessage) => void): void;
  /** Called when messages may have been missed and now flow again. */
  onRecovered(recovered: () => void): void;
  close(): Promise<void>;
};

/** @property number counts what a node tells, from 1 on */
export type NodeMessage = { from: string; number: number; kind: string; body: unknown };

const EVENT = 'node';

/** The part of Socket.IO's server that passes messages between nodes, through whichever adapter it has. */
export type SideEmitter = Pick<Server, 'serverSideEmit' | 'on'>;

/** Sends through the adapter of the root namespace, in order, to every other node. */
export const sendThrough = (io: SideEmitter, message: NodeMessage): void => void io.serverSideEmit(EVENT, message);

export const listenThrough = (io: SideEmitter, hear: (message: NodeMessage) => void): void =>
  void io.on(EVENT, hear as never); // not one of a client's events
