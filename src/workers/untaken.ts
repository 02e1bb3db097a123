import type { Worker } from 'node:cluster';

/** What Node's cluster says to a worker with a new connection, and the worker back: private, and guarded by a test. */
type NewConnection = { act?: string; seq?: number };
type Taken = { ack?: number };
type Connection = { close(): void };
type Send = (message: NewConnection, connection?: Connection, ...rest: unknown[]) => boolean;

/**
 * Closes the connections that a worker was given and had not taken when it died. Node would keep them open, with nobody
 * behind them, and their clients would wait.
 */
export function closeUntaken(worker: Worker): void {
  const untaken = new Map<number, Connection>();
  const child = worker.process as unknown as { send: Send; on(event: string, hear: (said: Taken) => void): void };
  const send = child.send.bind(child);
  let dead = false;
  child.send = (message, connection, ...rest) => {
    if (message.act === 'newconn' && message.seq !== undefined && connection !== undefined) {
      if (dead) connection.close();
      else untaken.set(message.seq, connection);
    }
    return send(message, connection, ...rest);
  };
  child.on('internalMessage', ({ ack }) => {
    if (ack !== undefined) untaken.delete(ack);
  });
  worker.once('exit', () => {
    dead = true;
    for (const connection of untaken.values()) connection.close();
  });
}
