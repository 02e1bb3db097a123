/** Carries messages between nodes. What is published while it is interrupted is lost, and counted. */
export type Bus = {
  /** Whether this node sends and receives messages, as far as it knows. */
  readonly isHealthy: boolean;
  /** When this node last received what it had published to itself, by the monotonic clock. */
  readonly probedAt: number;
  publish(message: NodeMessage): void;
  subscribe(subscriber: BusSubscriber): void;
  close(): Promise<void>;
};

export type BusSubscriber = {
  /** Another node published a message. */
  onMessage(message: NodeMessage): void;
  /** Messages flow again after some may have been missed. @param lost how many of this node were not published meanwhile */
  onRecovered(lost: number): void;
};

/** @property number counts the messages of a node, from 1 on */
export type NodeMessage = { from: string; number: number; kind: string; body: unknown };
