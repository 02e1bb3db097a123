import type { Readiness } from './readiness.ts';

/** The response of one of the operator's endpoints. */
type Page = { status: number; type: string; body: string };
export type Pages = Readonly<Record<string, () => Promise<Page>>>;

/** Returns all metrics as text. */
export type Scrape = () => Promise<{ type: string; text: string }>;

/** `/healthz`: the process is alive. `/readyz`: it can serve clients. `/metrics`: metrics for Prometheus. */
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
