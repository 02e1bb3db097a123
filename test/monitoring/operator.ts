import type { TestApp } from '../support/app.ts';
import { rest } from '../support/clients.ts';

/** The metrics of a server by their names with labels, as Prometheus parses them. */
export async function numbersOf(url: string): Promise<Map<string, number>> {
  const response = await fetch(`${url}/metrics`);
  if (response.status !== 200) throw new Error(`no metrics: ${response.status}`);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name = '', value] = /^(\S+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
      return [name, Number(value)];
    }),
  );
}

/** How much a metric increased during some work. */
export async function growth(url: string, name: string, doing: () => Promise<unknown>): Promise<number> {
  const before = (await numbersOf(url)).get(name) ?? 0;
  await doing();
  return ((await numbersOf(url)).get(name) ?? 0) - before;
}

/** Reads a metric until it has the expected value; the tests’ own timeout ends it otherwise. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}

export async function readiness(url: string): Promise<{ status: number; checks: Record<string, string> }> {
  const response = await fetch(`${url}/readyz`);
  const { checks } = (await response.json()) as { checks: Record<string, string> };
  return { status: response.status, checks };
}

/** Two users with a conversation. */
export async function pair(app: TestApp) {
  const [alice, bob] = await app.people('alice', 'bob');
  const { conversation_id } = await rest(app.url, alice.token).ask('open_private_conversation', {
    other_user_id: bob.id,
  });
  return { alice, bob, conversation_id: conversation_id as number };
}
