import type { Colleagues } from '../workers/channel.ts';
import { type Metrics, type Numbers, together } from './metrics.ts';
import type { Scrape } from './pages.ts';

const ASKED = 'numbers asked';
const TOLD = 'numbers told';
/** Whoever stands still or is being replaced is left out. */
const WITHIN_MS = 1_000;

type Scraping = { numbers: Numbers[]; done(): void };

/**
 * Any worker can be asked, and gives the numbers of all: it asks the others for theirs. Each number bears the worker's
 * place as a label, so that a sum, or the worst, is for whoever looks to choose, and a worker that is replaced looks like
 * any process that was started again.
 */
export function scrapeAll(metrics: Metrics, { channel, count }: Colleagues): Scrape {
  const scrapings = new Map<string, Scraping>();
  let asked = 0;

  channel.hear(ASKED, (id, from) => {
    void metrics.numbers().then((numbers) => channel.say(TOLD, JSON.stringify({ id, numbers }), from));
  });
  channel.hear(TOLD, (text) => {
    const { id, numbers } = JSON.parse(text);
    const scraping = scrapings.get(id);
    scraping?.numbers.push(numbers);
    if (scraping?.numbers.length === count - 1) scraping.done();
  });

  async function ofOthers(): Promise<Numbers[]> {
    asked += 1;
    const id = String(asked);
    const { promise, resolve } = Promise.withResolvers<void>();
    const numbers: Numbers[] = [];
    scrapings.set(id, { numbers, done: resolve });
    const late = setTimeout(resolve, WITHIN_MS);
    channel.say(ASKED, id);
    await promise;
    clearTimeout(late);
    scrapings.delete(id);
    return numbers;
  }

  return async () => {
    const [own, others] = await Promise.all([metrics.numbers(), ofOthers()]);
    return together([own, ...others]);
  };
}
