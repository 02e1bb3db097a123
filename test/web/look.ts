import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import { expect } from 'chai';
import { DESK, PHONE, type Visitor } from './visitor.ts';

const FOLDER = join(import.meta.dirname, '../../test-results/screenshots');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const GRAVE = ['serious', 'critical'];

/**
 * Takes pictures of the page as it is, light and dark, on a desk and on a phone, and has axe-core look for what keeps
 * people out. The pictures are for people to look at; nothing compares them.
 */
export async function look({ page }: Visitor, name: string): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  for (const [device, viewport] of Object.entries({ desk: DESK, phone: PHONE })) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const path = join(FOLDER, `${name}-${device}-${colorScheme}.png`);
      await page.screenshot({ path, caret: 'initial', animations: 'allow' });
      if (device === 'phone' && colorScheme === 'dark') continue; // its parts were looked at: the layout light, the colours on a desk
      expect(await barriers({ page }), `${name}, ${device}, ${colorScheme}`).to.deep.equal([]);
    }
  }
  await page.setViewportSize(DESK);
}

/** What axe-core finds that is serious. It is put in by the debugger, for which the page's policy makes no exception for scripts. */
async function barriers({ page }: Pick<Visitor, 'page'>): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const violations = await page.evaluate(async (values) => {
    const { axe } = globalThis as unknown as { axe: { run(node: Document, options: object): Promise<AxeResults> } };
    const found = await axe.run(document, { runOnly: { type: 'tag', values }, resultTypes: ['violations'] });
    return found.violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => html) }));
  }, RULES);
  return violations
    .filter(({ impact }) => GRAVE.includes(impact ?? ''))
    .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.join(' ')}`);
}
