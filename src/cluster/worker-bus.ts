import type { Channel } from '../workers/channel.ts';
import { MISSED } from '../workers/channel.ts';
import type { Bus, NodeMessage } from './bus.ts';

/** The topic of what nodes say to each other. */
export const NODES = 'nodes';

/**
 * Connects the workers of one machine through their own channel. It is not Socket.IO's adapter for clusters: that has the
 * primary take every message apart and put it together anew for each worker, and lets what a worker does not read pile
 * up in the primary without end, without a word that something was missed.
 */
export function workerBus(channel: Channel, report: { lost(): void }): Bus {
  return {
    get healthy() {
      return channel.open;
    },
    publish(message: NodeMessage) {
      if (!channel.offer(NODES, JSON.stringify(message))) report.lost();
    },
    listen: (hear) => channel.hear(NODES, (text) => hear(JSON.parse(text))),
    onRecovered: (recovered) => channel.hear(MISSED, recovered),
    close: async () => undefined,
  };
}
