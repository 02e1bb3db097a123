import type { Readiness } from './readiness.ts';

/** What one of the operator's addresses answers. */
type Page = { status: number; type: string; body: string };
export type Pages = Readonly<Record<string, () => Promise<Page>>>;

/** All numbers, as a page. */
export type Scrape = () => Promise<{ type: string; text: string }>;

/** `/healthz`: the process lives. `/readyz`: it should be sent clients. `/metrics`: its numbers, for Prometheus. */
export function operatingPages(scrape: Scrape, readiness: () => Promise<Readiness>): Pages {
  return {
    '/healthz': async () => json(200, { status: 'ok' }),
    async '/readyz'() {
      const { ready, checks } = await readiness();
      return json(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', checks });
    },
    async '/metrics'() {
      const { type, text } = await scrape();
      return { status: 200, type, body: text };
    },
  };
}

const json = (status: number, body: object): Page => ({
  status,
  type: 'application/json; charset=utf-8',
  body: JSON.stringify(body),
});
