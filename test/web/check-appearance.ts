import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import { expect } from 'chai';
import { DESKTOP, PHONE, type Visitor } from './visitor.ts';

const FOLDER = join(import.meta.dirname, '../../test-results/screenshots');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const SERIOUS = ['serious', 'critical'];

/** For review; nothing compares them. */
const TAKES_SCREENSHOTS = process.env.SCREENSHOTS !== undefined;

/**
 * Checks the accessibility of the page with axe-core, light and dark, on a desktop and on a phone.
 * `SCREENSHOTS=on mocha test/web/appearance.test.ts` also takes screenshots.
 */
export async function checkAppearance({ page }: Visitor, name: string): Promise<void> {
  if (TAKES_SCREENSHOTS) mkdirSync(FOLDER, { recursive: true });
  for (const [device, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark'] as const) {
      const isCovered = device === 'phone' && colorScheme === 'dark'; // the layout in light mode, the colours on the desktop
      if (isCovered && !TAKES_SCREENSHOTS) continue;
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const path = join(FOLDER, `${name}-${device}-${colorScheme}.png`);
      if (TAKES_SCREENSHOTS) await page.screenshot({ path, caret: 'initial', animations: 'allow' });
      if (isCovered) continue;
      expect(await accessibilityViolations({ page }, colorScheme), `${name}, ${device}, ${colorScheme}`).to.deep.equal(
        [],
      );
    }
  }
  await page.setViewportSize(DESKTOP);
}

/**
 * The serious violations that axe-core finds. It is injected by the debugger, since the page's policy forbids other
 * scripts.
 */
async function accessibilityViolations(
  { page }: Pick<Visitor, 'page'>,
  colorScheme: 'light' | 'dark',
): Promise<string[]> {
  // in dark mode only the colours differ
  const runOnly =
    colorScheme === 'light' ? { type: 'tag', values: RULES } : { type: 'rule', values: ['color-contrast'] };
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const violations = await page.evaluate(async (rules) => {
    const { axe } = globalThis as unknown as { axe: { run(node: Document, options: object): Promise<AxeResults> } };
    const found = await axe.run(document, { runOnly: rules, resultTypes: ['violations'] });
    return found.violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => html) }));
  }, runOnly);
  return violations
    .filter(({ impact }) => SERIOUS.includes(impact ?? ''))
    .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.join(' ')}`);
}
